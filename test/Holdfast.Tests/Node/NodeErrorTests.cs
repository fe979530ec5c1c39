using Holdfast.TestServers;

namespace Holdfast.Tests.Node;

public class NodeErrorTests(NodeHost host) : IClassFixture<NodeHost>
{
    /// <summary>The one argument of the commit that may be any bytes.</summary>
    private const int SequenceOfTheCommit = 9;
    private const int MarksOfTheChange = 10;
    private const int ValueOfTheField = 12;

    private static readonly string[][] BadCommands =
    [
        ["NOPE"],
        ["nope", "a", "b c", "d\r\ne"],
        ["NOPE\r\nNOPE"],
        ["NOPE", new string('x', 200), "y"],
        [new string('n', 200), "a"],
        ["NOPE", .. Enumerable.Repeat("argument", 40)],
        ["GETT", "a\0b"],
        ["HGETALL"],
        ["HGETALL", "a", "b"],
        ["hget", "a"],
        ["HMGET", "a"],
        ["HLEN"],
        ["EXISTS"],
        ["TYPE"],
        ["TTL"],
        ["PTTL", "a", "b"],
        ["ECHO"],
        ["PING", "a", "b"],
        ["SELECT", "1000"],
        ["SELECT", "x"],
        ["SELECT"],
        ["CLIENT"],
        ["CLIENT", "NOPE"],
        ["CLIENT", "ID", "x"],
        ["CLIENT", "SETNAME"],
        ["CLIENT", "SETNAME", "a b"],
        ["CLIENT", "TRACKING"],
        ["CLIENT", "TRACKING", "PERHAPS"],
        ["CLIENT", "NO-EVICT", "PERHAPS"],
        ["CLIENT", "KILL", "ID", "0"],
        ["HELLO", "4"],
        ["HELLO", "x"],
        ["HELLO", "3", "NOPE"],
        ["HELLO", "3", "SETNAME", "a b"],
        ["HELLO", "3", "AUTH", "default"],
        ["AUTH"],
        ["AUTH", "a", "b", "c"],
        ["PUBLISH", "a"],
        ["SUBSCRIBE"],
        ["SCAN"],
        ["SCAN", "x"],
        ["SCAN", "0", "MATCH"],
        ["SCAN", "0", "COUNT", "0"],
        ["SCAN", "0", "COUNT", "x"],
        ["SCAN", "0", "NOPE", "x"],
        ["FCALL", "f"],
        ["FCALL", "nope", "0"],
        ["FCALL_RO", "nope", "1", "a"],
        ["FCALL", "hf1_read", "x", "a"],
        ["FCALL", "hf1_read", "2", "a"],
        ["FCALL", "hf1_read", "-1", "a"],
        ["FUNCTION"],
        ["DBSIZE", "x"],
        ["RESET", "x"],
        ["PSUBSCRIBEX", "a"],
    ];

    [Fact]
    public async Task Bad_commands_get_the_errors_that_a_redis_server_gives()
    {
        await using var redis = await RedisServer.StartAsync();
        using var theirs = RawClient.OnSocket(redis.SocketPath);
        theirs.Ask("FUNCTION", "LOAD", "#!lua name=t\nredis.register_function{function_name='hf1_read', callback=function() return 1 end, flags={'no-writes'}}");
        using var ours = host.Connect();
        foreach (var command in BadCommands)
        {
            var expected = theirs.Ask(command);
            Assert.StartsWith("-", (string)expected!);
            Assert.Equal((string)expected!, (string)ours.Ask(command)!);
        }
    }

    [Theory]
    [InlineData("EVAL", "return 1", "0")]
    [InlineData("CONFIG", "GET", "*")]
    [InlineData("MODULE", "LIST")]
    [InlineData("DEBUG", "SEGFAULT")]
    [InlineData("SCRIPT", "FLUSH")]
    [InlineData("FLUSHALL")]
    [InlineData("SHUTDOWN")]
    [InlineData("KEYS", "*")]
    public void What_could_do_harm_is_absent(params string[] command)
    {
        using var client = host.Connect();
        Assert.StartsWith($"-ERR unknown command '{command[0]}', with args beginning with: ", (string)client.Ask(command)!);
    }

    [Fact]
    public void A_commit_that_breaks_the_wire_form_is_refused_and_changes_nothing()
    {
        using var client = host.Connect();
        var good = host.Set("cart/bad", "sku:1", "1");
        for (var i = 3; i < good.Length; i++)
        {
            if (i == ValueOfTheField)
            {
                continue;
            }

            var bad = good.ToArray();
            bad[i] = "\u00ff?";
            var answer = client.Ask(bad);
            Assert.True(answer is string text && (text.StartsWith("-HFARG ") || text.StartsWith("-HFSTORE ")), $"argument {i}: {answer}");
        }

        for (var length = 4; length < good.Length; length++)
        {
            Assert.StartsWith("-", (string)client.Ask(good[..length])!);
        }

        Assert.StartsWith("-HFARG behind the changes are events", (string)client.Ask([.. good, "x"])!);
        Assert.StartsWith("-HFLIMIT a commit has at most 64 events, not 65", (string)client.Ask([.. good, .. Enumerable.Repeat("x", 130)])!);
        Assert.StartsWith(
            "-HFLIMIT a change has at most 16384 conditions and operations, not 20002",
            (string)client.Ask([.. good[..MarksOfTheChange], $"K{new string('A', 20_000)}="])!);
        Assert.Equal(0L, client.Ask("EXISTS", host.Key("cart/bad")));
    }

    [Fact]
    public void A_sequence_behind_its_place_is_refused_and_changes_nothing()
    {
        const int later = 130;
        const int sequence = 2;
        using var client = host.Connect();
        Assert.IsNotType<string>(client.Ask(Numbered(later, "cart/0~a")));
        var answer = Assert.IsType<string>(client.Ask(Numbered(sequence, "cart/0~b")));
        Assert.StartsWith($"-HFARG The client's commit {sequence} comes after its commit {later}", answer);
        Assert.Equal(0L, client.Ask("EXISTS", host.Key("cart/0~b")));
        Assert.IsNotType<string>(client.Ask(Numbered(later + 1, "cart/0~b")));
    }

    private string[] Numbered(int sequence, string address)
    {
        var command = host.Set(address, "sku:1", "1");
        command[SequenceOfTheCommit] = $"{sequence}";
        return command;
    }
}
