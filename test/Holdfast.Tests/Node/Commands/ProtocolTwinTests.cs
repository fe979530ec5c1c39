using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Holdfast.Tests.Node.Commands;

/// <summary>What is no command, or hardly one, is answered by the node as by a redis-server: the same words, and the connection ended or not.</summary>
public sealed class ProtocolTwinTests(Twins twins) : IClassFixture<Twins>
{
    private const string Ping = "*1\r\n$4\r\nPING\r\n";

    // Who is still listened to answers this.
    private const string Last = "*2\r\n$4\r\nECHO\r\n$6\r\nmarker\r\n";

    [Theory]
    [InlineData(Ping)]
    [InlineData("*-1\r\n" + Ping)]
    [InlineData("*0\r\n" + Ping)]
    [InlineData("*-5\r\n" + Ping)]
    [InlineData("*-0\r\n" + Ping)]
    [InlineData("*a\r\n")]
    [InlineData("*\r\n")]
    [InlineData("* 1\r\n$4\r\nPING\r\n")]
    [InlineData("*1 \r\n$4\r\nPING\r\n")]
    [InlineData("*+1\r\n$4\r\nPING\r\n")]
    [InlineData("*01\r\n$4\r\nPING\r\n")]
    [InlineData("*2147483648\r\n")]
    [InlineData("*99999999999999999999\r\n")]
    [InlineData("*1\r\n$-1\r\n")]
    [InlineData("*1\r\n$-0\r\n\r\n")]
    [InlineData("*1\r\n$a\r\n")]
    [InlineData("*1\r\n$\r\n")]
    [InlineData("*1\r\n$ 4\r\nPING\r\n")]
    [InlineData("*1\r\n$+4\r\nPING\r\n")]
    [InlineData("*1\r\n$04\r\nPING\r\n")]
    [InlineData("*1\r\n$0\r\n\r\n")]
    [InlineData("*1\r\n$536870913\r\n")]
    [InlineData("*1\r\n$99999999999999999999\r\n")]
    [InlineData("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$9223372036854775807\r\n")]
    [InlineData("*1\r\n+PING\r\n")]
    [InlineData("*1\r\n:4\r\nPING\r\n")]
    [InlineData("*1\r\n*1\r\n")]
    [InlineData("*1\r\n\x01\r\n")]
    [InlineData("*1\r\n\r\n")]
    [InlineData("*2\r\n$4\r\nPING\r\n$-2\r\n")]
    [InlineData(Ping + "*1\r\n$x\r\n" + Ping)]
    [InlineData("PING\r\n")]
    [InlineData("PING\n")]
    [InlineData("ping\r\n")]
    [InlineData("\r\n\r\nPING\r\n")]
    public void It_is_answered_as_redis_answers_it(string payload) => AssertSame(payload);

    [Fact]
    public void Lines_that_never_end_are_cut_off_with_the_same_words()
    {
        AssertSame($"*{new string('1', 70_000)}", last: "");
        AssertSame($"*1\r\n${new string('1', 70_000)}", last: "");
        AssertSame(new string('A', 70_000), last: "");
    }

    [Fact]
    public void Lengths_by_chance_are_taken_and_refused_alike()
    {
        for (var seed = 1; seed <= 300; seed++)
        {
            var random = new Random(seed);
            var (count, length) = (Line(random, "2"), Line(random, "4"));
            AssertSame($"*{count}\r\n${length}\r\nPING\r\n$2\r\nhi\r\n");
        }
    }

    /// <summary>
    /// Redis takes commands with arguments in a line, of 64 KiB; a browser that was sent here by somebody else could say something by them. It waits for the end of a line of 64 KiB,
    /// takes a million arguments, and does not look whether an argument ends where its length says.
    /// </summary>
    [Theory]
    [InlineData("PING hello\r\n", "-ERR Protocol error: inline commands take no arguments here; send an array of bulk strings")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "-ERR Protocol error: inline commands take no arguments here; send an array of bulk strings")]
    [InlineData("*1048576\r\n", "-ERR Protocol error: invalid multibulk length")]
    [InlineData("*1\r\n$4\r\nPINGxx", "-ERR Protocol error: an argument does not end with CR LF where its length says")]
    public void What_the_node_does_not_take_it_says(string payload, string answer)
    {
        var (node, _) = twins.Connect();
        Assert.Equal(answer + "\r\n", Answer(node, payload + Last));
    }

    /// <summary>The right number, or a few characters that are none: after another number, what follows would be waited for, or be something else.</summary>
    private static string Line(Random random, string right)
    {
        const string characters = "0123456789-+ ax";
        var line = right;
        if (random.Next(3) == 0)
        {
            do
            {
                line = new string([.. Enumerable.Range(0, random.Next(5)).Select(_ => characters[random.Next(characters.Length)])]);
            }
            while (long.TryParse(line, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                && number.ToString(CultureInfo.InvariantCulture) == line);
        }

        return line;
    }

    private void AssertSame(string payload, string last = Last)
    {
        var (node, redis) = twins.Connect();
        var (own, theirs) = (Answer(node, payload + last), Answer(redis, payload + last));
        Assert.True(theirs == own, $"{payload[..Math.Min(payload.Length, 100)]}\nredis-server: {theirs}\nnode:         {own}");
    }

    /// <summary>All that is answered, up to the end of the connection or to the answer of the last command, which is then there.</summary>
    private static string Answer(RawClient client, string payload)
    {
        using (client)
        {
            try
            {
                client.Send(Encoding.Latin1.GetBytes(payload));
            }
            catch (IOException error) when (error.InnerException is SocketException)
            {
                // It had heard enough, and its answer is here.
            }

            return client.ReadUntil("marker\r\n");
        }
    }
}
