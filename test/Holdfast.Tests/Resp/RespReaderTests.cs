using System.Text;
using Holdfast.Redis;
using Holdfast.Resp;

namespace Holdfast.Tests.Resp;

public sealed class RespReaderTests
{
    private const string Payloads =
        "+OK\r\n"
        + "-ERR Function not found\r\n"
        + ":-9007199254740991\r\n"
        + "$5\r\na\r\nb\0\r\n"
        + "$0\r\n\r\n"
        + "$-1\r\n*-1\r\n_\r\n"
        + "#t\r\n,3.25\r\n(3492890328409238509324850943850943825024385\r\n"
        + "!9\r\nHFFULL no\r\n"
        + "=8\r\ntxt:text\r\n"
        + "*0\r\n"
        + "*3\r\n:1\r\n*2\r\n$1\r\nx\r\n*1\r\n_\r\n~1\r\n+s\r\n"
        + "%2\r\n+a\r\n:1\r\n+b\r\n*2\r\n:2\r\n:3\r\n"
        + "|1\r\n+ttl\r\n%1\r\n+k\r\n:7\r\n:42\r\n"
        + ">2\r\n$10\r\ninvalidate\r\n*1\r\n$3\r\nkey\r\n"
        + ">2\r\n$10\r\ninvalidate\r\n_\r\n";

    private static readonly string[] Replies = Describe(Feed(Encoding.Latin1.GetBytes(Payloads)));

    [Fact]
    public void Every_reply_is_read_as_it_was_sent()
    {
        Assert.Equal(
            [
                "+OK", "-ERR Function not found", ":-9007199254740991", "$a\r\nb\0", "$", "_", "_", "_", "#t", ",3.25",
                "(3492890328409238509324850943850943825024385", "!HFFULL no", "=text", "*0", "*3 :1 *2 $x *1 _ ~1 +s",
                "%4 +a :1 +b *2 :2 :3", ":42", ">2 $invalidate *1 $key", ">2 $invalidate _",
            ],
            Replies);
    }

    [Fact]
    public void Every_split_in_two_gives_the_same_replies()
    {
        var bytes = Encoding.Latin1.GetBytes(Payloads);
        for (var split = 1; split < bytes.Length; split++)
        {
            Assert.Equal(Replies, Describe(Feed(bytes[..split], bytes[split..])));
        }
    }

    [Fact]
    public void Byte_by_byte_gives_the_same_replies() =>
        Assert.Equal(Replies, Describe(Feed([.. Encoding.Latin1.GetBytes(Payloads).Select(static b => new[] { b })])));

    [Fact]
    public void A_reply_that_is_larger_than_the_buffer_arrives_whole_behind_a_small_one()
    {
        var large = new byte[3_000_000];
        new Random(7).NextBytes(large);
        byte[] bytes = [.. ":1\r\n"u8, .. Encoding.ASCII.GetBytes($"${large.Length}\r\n"), .. large, .. "\r\n:2\r\n"u8];
        var replies = Feed([.. bytes.Chunk(10_007)]).ToArray();

        Assert.Equal(3, replies.Length);
        Assert.Equal(large, replies[1][^(large.Length + 2)..^2]);
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("hello\r\n")]
    [InlineData("$x\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$2147483647\r\n")]
    [InlineData("*99999999999\r\n")]
    [InlineData("*268435456\r\n")]
    [InlineData("$1\r\nabc\r\n")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n")]
    public void What_is_no_reply_is_refused(string bytes) =>
        Assert.Throws<RespFormatException>(() => Feed(Encoding.ASCII.GetBytes(bytes)));

    /// <summary>Nesting is counted and never entered: however deep, it costs no stack, and a reply that is not what was asked for is refused.</summary>
    [Theory]
    [InlineData("*1\r\n")]
    [InlineData("~1\r\n")]
    [InlineData(">1\r\n")]
    [InlineData("%1\r\n:1\r\n")]
    [InlineData("|1\r\n:1\r\n")]
    public void Nesting_ten_thousand_deep_is_found_the_end_of_and_refused_where_something_else_belongs(string level)
    {
        var bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(level, 10_000)) + ":7\r\n" + (level[0] == '|' ? string.Concat(Enumerable.Repeat(":8\r\n", 10_000)) : ""));
        var reply = Assert.Single(Feed([.. bytes.Chunk(997)]));
        Assert.Equal(bytes, reply);
        Assert.Throws<RespFormatException>(() => new RespReader(reply).ReadText());
        Assert.Throws<RespFormatException>(() =>
        {
            var ended = new RespReader(reply);
            ended.SkipElements(1);
            ended.Read();
        });
    }

    [Fact]
    public void Nesting_ten_thousand_deep_whose_levels_promise_more_than_a_reply_may_have_is_refused() =>
        Assert.Throws<RespFormatException>(() => Feed(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("*1000\r\n", 10_000)))));

    [Fact]
    public void A_line_without_an_end_is_refused_and_not_gathered_for_ever() =>
        Assert.Throws<RespFormatException>(() => Feed(Enumerable.Repeat((byte)'+', RespLimits.MaxLineBytes + 1).ToArray()));

    [Fact]
    public void Reading_past_a_reply_or_as_another_kind_is_refused()
    {
        Assert.Throws<RespFormatException>(() => new RespReader(":1\r\n"u8).ReadText());
        Assert.Throws<RespFormatException>(() => new RespReader("+x\r\n"u8).ReadInteger());
        Assert.Throws<RespFormatException>(() => new RespReader("+x\r\n"u8).ReadCount());
        Assert.Throws<RespFormatException>(() =>
        {
            var reader = new RespReader("*1\r\n:1\r\n"u8);
            reader.ReadCount();
            reader.ReadInteger();
            reader.ReadInteger();
        });
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        var writer = new RespWriter();
        writer.Command(4);
        writer.Bulk("hf:{3}:"u8, "käse");
        writer.Bulk(-9007199254740991);
        writer.Bulk(new byte[100_000]);
        writer.Bulk("");
        var reader = new RespReader(writer.Written.Span);

        Assert.Equal(4, reader.ReadCount());
        Assert.Equal("hf:{3}:käse", reader.ReadString());
        Assert.Equal(-9007199254740991, reader.ReadInteger());
        Assert.Equal(100_000, reader.ReadText().Length);
        Assert.Equal("", reader.ReadString());
    }

    private static List<byte[]> Feed(params byte[][] pieces)
    {
        var buffer = new ReceiveBuffer();
        var replies = new List<byte[]>();
        foreach (var piece in pieces)
        {
            for (var sent = 0; sent < piece.Length;)
            {
                var room = buffer.Room();
                var count = Math.Min(room.Length, piece.Length - sent);
                piece.AsMemory(sent, count).CopyTo(room);
                buffer.Received(count);
                sent += count;
                while (buffer.TryTake(out var reply))
                {
                    replies.Add(reply.ToArray());
                }
            }
        }

        return replies;
    }

    private static string[] Describe(List<byte[]> replies) => [.. replies.Select(Describe)];

    private static string Describe(byte[] reply)
    {
        var reader = new RespReader(reply);
        var text = new StringBuilder();
        for (var missing = 1; missing > 0; missing--)
        {
            reader.Read();
            missing += reader.Count;
            var isAggregate = reader.Kind is RespKind.Array or RespKind.Map or RespKind.Set or RespKind.Push;
            text.Append(' ').Append((char)reader.Kind);
            text.Append(isAggregate ? reader.Count : Encoding.Latin1.GetString(reader.Text));
        }

        return text.ToString(1, text.Length - 1);
    }
}
