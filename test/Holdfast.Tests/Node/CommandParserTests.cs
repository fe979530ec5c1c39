using System.Text;
using Holdfast.Node;

namespace Holdfast.Tests.Node;

public class CommandParserTests
{
    public static TheoryData<string[]> Commands => new()
    {
        new[] { "PING" },
        new[] { "HGETALL", "hf:{7}:cart/u1" },
        new[] { "ECHO", "" },
        new[] { "ECHO", "\r\n$5\r\n*2\r\n" },
        new[] { "FCALL", "hf1_commit", "4", "a", "b", "c", "d", new string('x', 5000) },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_is_read_whole_wherever_the_network_cuts_it(string[] command)
    {
        var bytes = RawClient.Bytes(command);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var parser = new CommandParser();
            if (cut < bytes.Length)
            {
                Assert.Equal(ParseOutcome.Incomplete, parser.Parse(bytes.AsSpan(0, cut), CommandLimits.Authenticated));
            }

            Assert.Equal(ParseOutcome.Complete, parser.Parse(bytes, CommandLimits.Authenticated));
            Assert.Equal(command, ArgumentsOf(parser, bytes));
            Assert.Equal(bytes.Length, parser.Consumed);
        }
    }

    [Fact]
    public void A_command_is_read_byte_by_byte()
    {
        var bytes = RawClient.Bytes("SET", "a\r\nb", "");
        var parser = new CommandParser();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(ParseOutcome.Incomplete, parser.Parse(bytes.AsSpan(0, length), CommandLimits.Authenticated));
        }

        Assert.Equal(ParseOutcome.Complete, parser.Parse(bytes, CommandLimits.Authenticated));
        Assert.Equal(["SET", "a\r\nb", ""], ArgumentsOf(parser, bytes));
    }

    [Theory]
    [InlineData("*2147483647\r\n", "invalid multibulk length")]
    [InlineData("*99999999999999999999\r\n", "invalid multibulk length")]
    [InlineData("*x\r\n", "invalid multibulk length")]
    [InlineData("*\r\n", "invalid multibulk length")]
    [InlineData("*+1\r\n", "invalid multibulk length")]
    [InlineData("*1\n", "invalid multibulk length")]
    [InlineData("*1111111111111111111111111111111111111", "too big mbulk count string")]
    [InlineData("*1\r\n*1\r\n", "expected '$', got '*'")]
    [InlineData("*1\r\n$-1\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$8388609\r\n", "invalid bulk length")]
    [InlineData("*2\r\n$3\r\nGET\r\n$8388600\r\n", "at most 8388608 bytes")]
    [InlineData("*1\r\n$1111111111111111111111111111111111", "too big bulk count string")]
    [InlineData("*1\r\n$4\r\nPINGxx", "does not end with CR LF")]
    [InlineData("GET / HTTP/1.1\r\n", "inline commands take no arguments")]
    [InlineData("\0", "inline commands take no arguments")]
    public void What_breaks_the_protocol_is_told(string sent, string problem)
    {
        var parser = new CommandParser();
        Assert.Equal(ParseOutcome.Failed, parser.Parse(Encoding.Latin1.GetBytes(sent), CommandLimits.Authenticated));
        Assert.StartsWith("Protocol error: ", parser.Problem);
        Assert.Contains(problem, parser.Problem);
    }

    /// <summary>A command is one array of strings: nothing that is nested is ever entered.</summary>
    [Theory]
    [InlineData("*1\r\n")]
    [InlineData("*2147483647\r\n")]
    [InlineData("%1\r\n")]
    [InlineData("~1\r\n")]
    [InlineData(">1\r\n")]
    [InlineData("|1\r\n")]
    public void Nesting_ten_thousand_deep_is_refused_at_its_second_level(string level)
    {
        var bytes = Encoding.Latin1.GetBytes("*1\r\n" + string.Concat(Enumerable.Repeat(level, 10_000)));
        for (var length = "*1\r\n".Length + 1; length <= bytes.Length; length += 777)
        {
            var parser = new CommandParser();
            Assert.Equal(ParseOutcome.Failed, parser.Parse(bytes.AsSpan(0, length), CommandLimits.Authenticated));
            Assert.Contains($"expected '$', got '{level[0]}'", parser.Problem);
        }
    }

    [Theory]
    [InlineData("*11\r\n", "unauthenticated multibulk length")]
    [InlineData("*1\r\n$16385\r\n", "unauthenticated bulk length")]
    public void Before_authentication_less_is_allowed(string sent, string problem)
    {
        var parser = new CommandParser();
        Assert.Equal(ParseOutcome.Failed, parser.Parse(Encoding.Latin1.GetBytes(sent), CommandLimits.Unauthenticated));
        Assert.Contains(problem, parser.Problem);
    }

    [Theory]
    [InlineData("PING\r\n", new[] { "PING" })]
    [InlineData("ping\n", new[] { "ping" })]
    [InlineData("\r\n", new string[0])]
    [InlineData("*0\r\n", new string[0])]
    [InlineData("*-1\r\n", new string[0])]
    public void A_bare_word_is_a_command_and_an_empty_line_none(string sent, string[] expected)
    {
        var bytes = Encoding.Latin1.GetBytes(sent);
        var parser = new CommandParser();
        Assert.Equal(ParseOutcome.Complete, parser.Parse(bytes, CommandLimits.Authenticated));
        Assert.Equal(expected, ArgumentsOf(parser, bytes));
        Assert.Equal(bytes.Length, parser.Consumed);
    }

    [Fact]
    public void Any_bytes_end_in_a_command_a_problem_or_a_wait_and_never_in_an_exception()
    {
        var random = new Random(7);
        const string Alphabet = "*$0123456789-+\r\nPING \0x";
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = Encoding.Latin1.GetBytes(Enumerable.Range(0, random.Next(40)).Select(_ => Alphabet[random.Next(Alphabet.Length)]).ToArray());
            var parser = new CommandParser();
            var left = bytes.AsSpan();
            while (parser.Parse(left, CommandLimits.Authenticated) == ParseOutcome.Complete && parser.Consumed > 0)
            {
                left = left[parser.Consumed..];
                parser.Reset();
            }
        }
    }

    private static string[] ArgumentsOf(CommandParser parser, byte[] bytes)
    {
        var command = new Command(bytes, 0, parser.Ranges, parser.Count).Detach();
        return Enumerable.Range(0, command.Count).Select(i => Encoding.Latin1.GetString(command[i])).ToArray();
    }
}
