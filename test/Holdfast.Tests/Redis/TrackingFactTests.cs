using System.Net.Sockets;
using System.Text;
using Holdfast.Resp;
using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

/// <summary>What the near cache and the watches take from Redis for granted, asked of the real server.</summary>
public sealed class TrackingFactTests : IAsyncLifetime
{
    private const string Library = """
        #!lua name=facts
        redis.register_function({ function_name = 'read', callback = function(keys) return redis.call('EXISTS', unpack(keys)) end, flags = { 'no-writes' } })
        redis.register_function('write', function(keys) redis.call('SET', keys[1], '1') return 'ok' end)
        redis.register_function('write_then_read', function(keys) redis.call('SET', keys[1], '1') redis.call('EXISTS', keys[2]) return 'ok' end)
        """;

    private RedisServer server = null!;
    private Socket tracking = null!;

    public async ValueTask InitializeAsync()
    {
        server = await RedisServer.StartAsync();
        await server.CommandAsync("FUNCTION", "LOAD", Library);
        tracking = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        tracking.Connect(new UnixDomainSocketEndPoint(server.SocketPath));
        Assert.StartsWith("%", await AskAsync("HELLO", "3"));
        Assert.Equal("+OK", await AskAsync("CLIENT", "TRACKING", "ON", "NOLOOP"));
    }

    public async ValueTask DisposeAsync()
    {
        tracking.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_read_only_function_tracks_its_declared_keys_absent_ones_included()
    {
        Assert.Equal(":0", await AskAsync("FCALL_RO", "read", "2", "a", "b"));
        await server.CommandAsync("SET", "b", "1");
        await server.CommandAsync("SET", "a", "1");

        Assert.Equal([">2 $invalidate *1 $b", ">2 $invalidate *1 $a", "+PONG"], await UntilPongAsync());
    }

    [Fact]
    public async Task A_key_is_told_once()
    {
        await AskAsync("FCALL_RO", "read", "1", "a");
        await server.CommandAsync("SET", "a", "1");
        await server.CommandAsync("SET", "a", "2");

        Assert.Equal([">2 $invalidate *1 $a", "+PONG"], await UntilPongAsync());
    }

    [Fact]
    public async Task A_function_that_writes_and_then_reads_any_key_leaves_all_its_keys_tracked_and_tells_its_caller_nothing()
    {
        await AskAsync("FCALL_RO", "read", "1", "a");
        Assert.Equal("$ok", await AskAsync("FCALL", "write_then_read", "2", "a", "b"));
        Assert.Equal(["+PONG"], await UntilPongAsync());
        await server.CommandAsync("SET", "a", "2");

        Assert.Equal([">2 $invalidate *1 $a", "+PONG"], await UntilPongAsync());
    }

    [Fact]
    public async Task Without_the_read_the_writer_hears_no_more_of_its_key()
    {
        await AskAsync("FCALL_RO", "read", "1", "a");
        await AskAsync("FCALL", "write", "1", "a");
        await server.CommandAsync("SET", "a", "2");

        Assert.Equal(["+PONG"], await UntilPongAsync());
    }

    [Fact]
    public async Task Moving_an_expiry_and_deleting_are_told()
    {
        await server.CommandAsync("SET", "a", "1");
        await AskAsync("FCALL_RO", "read", "1", "a");
        await server.CommandAsync("PEXPIRE", "a", "100000");
        Assert.Equal([">2 $invalidate *1 $a", "+PONG"], await UntilPongAsync());
        await AskAsync("FCALL_RO", "read", "1", "a");
        await server.CommandAsync("PERSIST", "a");
        Assert.Equal([">2 $invalidate *1 $a", "+PONG"], await UntilPongAsync());
        await AskAsync("FCALL_RO", "read", "1", "a");
        await server.CommandAsync("DEL", "a");
        Assert.Equal([">2 $invalidate *1 $a", "+PONG"], await UntilPongAsync());
    }

    // What the server wrote to the connection before it answered PING, and the answer.
    private async Task<string[]> UntilPongAsync()
    {
        await SendAsync("PING");
        var lines = new List<string>();
        while (lines.LastOrDefault() != "+PONG")
        {
            lines.Add(await ReceiveAsync());
        }

        return [.. lines];
    }

    private async Task<string> AskAsync(params string[] command)
    {
        await SendAsync(command);
        return await ReceiveAsync();
    }

    private async Task SendAsync(params string[] command)
    {
        var writer = new RespWriter();
        writer.Command(command.Length);
        foreach (var part in command)
        {
            writer.Bulk(part);
        }

        await tracking.SendAsync(writer.Written);
    }

    // Reads byte by byte, so that nothing of the next reply is taken.
    private async Task<string> ReceiveAsync()
    {
        var bytes = new List<byte>();
        var one = new byte[1];
        var scanner = new RespFrameScanner();
        do
        {
            Assert.Equal(1, await tracking.ReceiveAsync(one));
            bytes.Add(one[0]);
        }
        while (!scanner.TryScan(bytes.ToArray(), out _));

        return Describe(bytes.ToArray());
    }

    private static string Describe(byte[] reply)
    {
        var reader = new RespReader(reply);
        var text = new StringBuilder();
        for (var missing = 1; missing > 0; missing--)
        {
            reader.Read();
            missing += reader.Count;
            text.Append(' ').Append((char)reader.Kind);
            text.Append(reader.Kind is RespKind.Array or RespKind.Map or RespKind.Push ? reader.Count : Encoding.UTF8.GetString(reader.Text));
        }

        return text.ToString(1, text.Length - 1);
    }
}
