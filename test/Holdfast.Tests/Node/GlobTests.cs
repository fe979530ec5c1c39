using System.Text;
using Holdfast.Node;

namespace Holdfast.Tests.Node;

public class GlobTests
{
    [Theory]
    [InlineData("*", "", true)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("h?llo", "hello", true)]
    [InlineData("h?llo", "hllo", false)]
    [InlineData("h*o", "hello", true)]
    [InlineData("h*l", "hello", false)]
    [InlineData("*cart/*", "hf:{7}:cart/u1", true)]
    [InlineData("h[ae]llo", "hallo", true)]
    [InlineData("h[^a]llo", "hallo", false)]
    [InlineData("h[a-c]llo", "hbllo", true)]
    [InlineData("h[c-a]llo", "hbllo", true)]
    [InlineData("h[a", "ha", true)]
    [InlineData(@"h\*o", "h*o", true)]
    [InlineData(@"h\*o", "hello", false)]
    [InlineData(@"h[\]]", "h]", true)]
    [InlineData("a**b", "a-b", true)]
    public void Patterns_match_as_Redis_matches_them(string pattern, string text, bool matches) =>
        Assert.Equal(matches, new Glob(Encoding.UTF8.GetBytes(pattern)).Matches(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("h[]llo", "hllo", false)]
    [InlineData("[^]", "a", true)]
    [InlineData("[a-]", "b", false)]
    [InlineData("[a-", "-", true)]
    [InlineData(@"[\", @"\", true)]
    [InlineData(@"a\", @"a\", true)]
    [InlineData("[!-~]*", "\u00ff", false)]
    public void Odd_classes_match_as_in_Redis(string pattern, string text, bool matches) =>
        Assert.Equal(matches, new Glob(Encoding.Latin1.GetBytes(pattern)).Matches(Encoding.Latin1.GetBytes(text)));

    [Fact]
    public void A_pattern_of_many_stars_ends()
    {
        // Trying each star in turn would take longer than the universe is old.
        var pattern = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a*", 200)) + "b");
        Assert.False(new Glob(pattern).Matches(Encoding.UTF8.GetBytes(new string('a', 5000))));
    }

    [Fact]
    public void The_longest_pattern_goes_through_the_longest_text_once()
    {
        var text = Encoding.UTF8.GetBytes(new string('a', StateLimits.MaxRecordBytes));
        Assert.False(new Glob(Encoding.UTF8.GetBytes("*" + new string('a', 1022) + "b")).Matches(text));
        Assert.True(new Glob(Encoding.UTF8.GetBytes("*" + new string('?', 1023))).Matches(text));
    }

    [Fact]
    public void A_pattern_matches_what_trying_everything_finds()
    {
        var random = new Random(3);
        for (var round = 0; round < 20_000; round++)
        {
            var pattern = Any("ab*?", 8);
            var text = Any("ab", 8);
            Assert.True(TryAll(pattern, text) == new Glob(Encoding.ASCII.GetBytes(pattern)).Matches(Encoding.ASCII.GetBytes(text)), $"{pattern} on {text}");
        }

        string Any(string alphabet, int most) => new([.. Enumerable.Range(0, random.Next(most)).Select(_ => alphabet[random.Next(alphabet.Length)])]);
    }

    private static bool TryAll(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        if (pattern.IsEmpty)
        {
            return text.IsEmpty;
        }

        return pattern[0] == '*'
            ? TryAll(pattern[1..], text) || (!text.IsEmpty && TryAll(pattern, text[1..]))
            : !text.IsEmpty && (pattern[0] == '?' || pattern[0] == text[0]) && TryAll(pattern[1..], text[1..]);
    }
}
