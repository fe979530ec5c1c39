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
        Assert.Equal(matches, Glob.Matches(Encoding.UTF8.GetBytes(pattern), Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void A_pattern_of_many_stars_ends()
    {
        // Trying each star in turn would take longer than the universe is old.
        var pattern = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a*", 200)) + "b");
        Assert.False(Glob.Matches(pattern, Encoding.UTF8.GetBytes(new string('a', 5000))));
    }
}
