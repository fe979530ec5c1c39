using Holdfast.TestServers;

namespace Holdfast.Tests.Node;

/// <summary>What is held for a client that does not take it is bounded, and one that takes it gets all of it.</summary>
public sealed class NodeOutputTests
{
    private const int CapBytes = 1 << 20;
    private const int ValueBytes = 100_000;

    /// <summary>What the system holds for the client at most: its buffers grow up to 4 MiB for the sender and 6 for the receiver, as it sees fit.</summary>
    private const int SocketBytes = 10 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);
    private static readonly string Value = new('x', ValueBytes);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_a_pipeline_that_nobody_takes_no_more_is_run_than_the_cap_holds_and_the_client_is_cut(bool isBehindCommit)
    {
        await using var host = await StartAsync(new() { MaxQueuedBytesPerClient = CapBytes, StallTimeout = TimeSpan.FromSeconds(5) });
        using var dead = host.Connect();
        using var other = host.Connect();
        dead.Ask("SET", "k", Value);
        dead.Send([.. isBehindCommit ? RawClient.Bytes("SET", "k", Value) : [], .. Pipeline(6000, "GET", "k")]);
        var most = await MostHeldUntilAsync(host, () => host.Node.Figures.SlowClients == 1, () => Assert.Equal("PONG", other.Ask("PING")));
        await Until(() => host.Node.ConnectedClients == 1);

        Assert.InRange(most, CapBytes / 2, CapBytes + ValueBytes + 20);
        Assert.InRange(host.Node.Figures.Hits, CapBytes / ValueBytes, (CapBytes + SocketBytes) / ValueBytes + 2);
        Assert.Contains(host.Events, static item => item.Name == "ClientTooSlow");
    }

    [Fact]
    public async Task A_listener_that_takes_nothing_is_cut_when_twice_the_cap_waits_for_it()
    {
        await using var host = await StartAsync(new() { MaxQueuedBytesPerClient = CapBytes });
        using var dead = host.Connect();
        using var other = host.Connect();
        dead.Ask("SUBSCRIBE", "news");
        var message = new string('m', StateLimits.MaxSignalBytes);
        var published = 0;
        var most = await MostHeldUntilAsync(host, () => other.Ask("PUBLISH", "news", message) is 0L, () => published++);
        await Until(() => host.Node.ConnectedClients == 1);

        Assert.InRange(most, CapBytes, 2 * CapBytes);
        Assert.InRange(published, CapBytes / message.Length, (2 * CapBytes + SocketBytes) / message.Length + 2);
        Assert.Contains(host.Events, static item => item.Name == "ClientTooSlow");
    }

    [Fact]
    public async Task A_near_cache_that_takes_nothing_is_cut_when_twice_the_cap_waits_for_it()
    {
        const int keys = 4000;
        await using var host = await StartAsync(new() { MaxQueuedBytesPerClient = 16 << 10, Durability = Durability.Written });
        using var dead = host.ConnectTracking();
        using var other = host.Connect();
        string[] names = [.. Enumerable.Range(0, keys).Select(static i => $"{new string('n', 120)}{i}")];
        Assert.All(names, name => Assert.Null(dead.Ask("GET", name)));
        var next = 0;
        var most = await MostHeldUntilAsync(
            host, () => host.Node.Figures.SlowClients == 1 || next == keys, () => Assert.Equal("OK", other.Ask("SET", names[next++], "v")));
        await Until(() => host.Node.ConnectedClients == 1);

        Assert.InRange(most, 1, 32 << 10);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_reads_late_gets_all_of_a_pipeline_however_much_more_than_the_cap_it_is(bool isBehindCommit)
    {
        const int reads = 300;
        await using var host = await StartAsync(new() { MaxQueuedBytesPerClient = CapBytes, StallTimeout = Patience });
        using var late = host.Connect();
        late.Ask("SET", "k", Value);
        late.Send([.. isBehindCommit ? RawClient.Bytes("SET", "k", Value) : [], .. Pipeline(reads, "GET", "k"), .. RawClient.Bytes("ECHO", "last")]);
        await Until(() => MostHeld(host) > CapBytes);
        if (isBehindCommit)
        {
            Assert.Equal("OK", late.Read());
        }

        Assert.All(Enumerable.Range(0, reads), _ => Assert.Equal(Value, late.Read()));
        Assert.Equal("last", late.Read());
        Assert.Equal("PONG", late.Ask("PING"));
    }

    /// <summary>Reads of some partitions wait for commits while replies of others, which come later, take all the room there is.</summary>
    [Fact]
    public async Task However_reads_and_commits_of_many_partitions_mix_all_are_answered_in_their_order()
    {
        const int keys = 24;
        const int commands = 400;
        await using var host = await StartAsync(new() { MaxQueuedBytesPerClient = 2 * ValueBytes, StallTimeout = Patience });
        using var client = host.Connect();
        for (var seed = 1; seed <= 10; seed++)
        {
            var random = new Random(seed);
            var values = new string?[keys];
            List<object?> expected = [];
            List<byte> pipeline = [];
            for (var i = 0; i < commands; i++)
            {
                var key = random.Next(keys);
                if (random.Next(8) == 0)
                {
                    values[key] = new string((char)random.Next('a', 'z'), random.Next(2) == 0 ? ValueBytes : 10);
                    pipeline.AddRange(RawClient.Bytes("SET", $"{seed}/{key}", values[key]!));
                    expected.Add("OK");
                }
                else
                {
                    pipeline.AddRange(RawClient.Bytes("GET", $"{seed}/{key}"));
                    expected.Add(values[key]);
                }
            }

            var sending = Task.Run(() => client.Send([.. pipeline]));
            Assert.All(expected, reply => Assert.True(Equals(reply, client.Read()), $"Seed {seed}"));
            await sending;
        }
    }

    [Fact]
    public async Task Before_it_has_authenticated_next_to_nothing_is_held_for_a_client()
    {
        await using var host = await StartAsync(new() { AuthenticationTimeout = TimeSpan.FromSeconds(5) });
        using var stranger = RawClient.OnPort(host.Node.EndPoint!.Port);
        var batch = Pipeline(1000, "GET", "k");
        var sending = Task.Run(() => SendUntilCut(stranger, batch));
        var most = await MostHeldUntilAsync(host, () => sending.IsCompleted, static () => { });
        await sending;

        Assert.InRange(most, 8 << 10, (16 << 10) + 100);
        await Until(() => host.Node.ConnectedClients == 0);
    }

    [Theory]
    [InlineData("quits")]
    [InlineData("ends sending")]
    [InlineData("is told that the node stops")]
    public async Task A_client_that_leaves_gets_all_that_it_asked_for_as_long_as_it_takes_it(string how)
    {
        const int reads = 300;
        await using var host = await StartAsync(new() { StallTimeout = Patience }, new UnhurriedClock());
        using var client = host.Connect();
        client.Ask("SET", "k", Value);
        client.Send([.. Pipeline(reads, "GET", "k"), .. how == "quits" ? RawClient.Bytes("QUIT") : []]);
        if (how == "ends sending")
        {
            client.EndSending();
        }

        await Until(() => host.Node.Figures.Hits == reads);
        var stopping = how == "is told that the node stops" ? host.Node.DisposeAsync().AsTask() : Task.CompletedTask;

        // Longer than a client is listened to that has been sent everything.
        await Task.Delay(1200);
        Assert.All(Enumerable.Range(0, reads), _ => Assert.Equal(Value, client.Read()));
        Assert.Equal(how == "quits" ? "OK" : null, how == "quits" ? client.Read() : null);
        Assert.True(client.IsClosed());
        await stopping.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_client_that_leaves_and_takes_nothing_is_cut()
    {
        await using var host = await StartAsync(new() { StallTimeout = TimeSpan.FromSeconds(2) });
        using var client = host.Connect();
        client.Ask("SET", "k", Value);
        client.Send([.. Pipeline(300, "GET", "k"), .. RawClient.Bytes("QUIT")]);
        await Until(() => host.Node.ConnectedClients == 0);
        Assert.Contains(host.Events, static item => item.Name == "ClientTooSlow");
    }

    private static async Task<NodeHost> StartAsync(StateNodeOptions options, TimeProvider? clock = null)
    {
        var host = new NodeHost { Options = options, EngineOptions = PatientOptions.Default with { Clock = clock ?? TimeProvider.System } };
        await host.InitializeAsync();
        return host;
    }

    private static void SendUntilCut(RawClient client, byte[] batch)
    {
        try
        {
            while (true)
            {
                client.Send(batch);
            }
        }
        catch (IOException)
        {
            // It is.
        }
    }

    private static byte[] Pipeline(int times, params string[] command) => [.. Enumerable.Repeat(RawClient.Bytes(command), times).SelectMany(static bytes => bytes)];

    private static long MostHeld(NodeHost host) => host.Node.Sessions.Select(static session => session.Output.Timeline.Bytes).DefaultIfEmpty().Max();

    private static async Task<long> MostHeldUntilAsync(NodeHost host, Func<bool> isSo, Action meanwhile)
    {
        var most = 0L;
        await Until(() =>
        {
            most = Math.Max(most, MostHeld(host));
            meanwhile();
            return isSo();
        });
        return most;
    }

    private static async Task Until(Func<bool> isSo)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Patience, "It took too long.");
            await Task.Yield();
        }
    }

    /// <summary>The system's, but that the time never ends which a node that stops gives its clients.</summary>
    private sealed class UnhurriedClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, dueTime == StateNode.StopTimeout ? Timeout.InfiniteTimeSpan : dueTime, period);
    }
}
