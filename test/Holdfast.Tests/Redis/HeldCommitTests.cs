using System.Globalization;
using Holdfast.Redis;
using Holdfast.Tests.Node;
using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

/// <summary>A commit that says which record its caller holds (docs/wire.md, mark H), or that it is sent for the first time (n), on the wire: on a Redis server and on a node.</summary>
public sealed class HeldCommitTests
{
    private static readonly Address Thing = new("thing", "t");
    private static readonly string Large = new('-', 200);

    public static TheoryData<string> Stores => ["redis", "node"];

    [Theory]
    [MemberData(nameof(Stores))]
    public Task A_record_that_the_caller_holds_is_not_told_again(string store) => RunAsync(store, static (client, made) =>
    {
        Assert.Equal([null], client.Commit($"UH>SRAM {made.Revision} {made.Term} 60000 a 1 b n 2 m 3", out var ttl));
        Assert.InRange(ttl, 1, 60_000);
        Assert.Equal(["@born", $"{made.Revision}", "@rev", $"{made.Revision + 1}", "a", "1", "large", Large, "m", "3", "n", "2"], client.Fields());
    });

    [Theory]
    [MemberData(nameof(Stores))]
    public Task Conditions_are_judged_and_a_refusal_tells_the_whole_record(string store) => RunAsync(store, static (client, made) =>
    {
        var held = $"{made.Revision} {made.Term}";
        Assert.Equal([null], client.Commit($"UHBFN=S {held} {made.Revision} b 2 c a 1", out _));

        held = $"{made.Revision + 1} {made.Term}";
        Assert.Equal(["refused", "0", "1", "a", "1", "b", "2", "large", Large], client.Refusal($"UHBF=S {held} {made.Revision} b 3 a 2"));
        Assert.Equal(["refused", "0", "0", "a", "1", "b", "2", "large", Large], client.Refusal($"UHA=S {held} a 2"));
    });

    [Theory]
    [MemberData(nameof(Stores))]
    public Task Another_record_is_told_whole(string store) => RunAsync(store, static (client, made) =>
    {
        Assert.Equal(["a", "1", "b", "2", "large", Large], client.Commit($"UH=S {made.Revision + 7} {made.Term} a 1", out _));
        Assert.Equal(["a", "2", "b", "2", "large", Large], client.Commit($"UH=S {made.Revision + 1} {made.Term - 1} a 2", out _));
        Assert.IsType<List<object?>>(client.Ask(client.Command("D=", "hf1_remove")));
        Assert.Equal(["a", "3"], client.Commit($"UH=S {made.Revision + 2} {made.Term} a 3", out _));
    });

    [Theory]
    [MemberData(nameof(Stores))]
    public Task Who_holds_something_says_so_of_an_update_in_few_words(string store) => RunAsync(store, static (client, made) =>
    {
        foreach (var change in new[] { "DH= 1 1", "KH= 1 1", "UH= 0 1", "UH= 1 0", "UH= 1 x", "UH= 1", "UHH= 1 1 1 1", $"UH=S{new string('R', 61)} 1 1 a 1" })
        {
            Assert.StartsWith("-HFARG ", Assert.IsType<string>(client.Ask(client.Command(change))));
        }

        Assert.Equal(["@born", $"{made.Revision}", "@rev", $"{made.Revision}", "b", "2", "large", Large], client.Fields());
    });

    [Theory]
    [MemberData(nameof(Stores))]
    public Task A_commit_that_is_sent_again_is_found_if_it_does_not_say_that_it_is_the_first(string store) => RunAsync(store, static (client, made) =>
    {
        Assert.Equal("ok", client.Outcome("wn", 1, "U=A n 1"));
        Assert.Equal("repeat", client.Outcome("w", 1, "U=A n 1"));
        Assert.Equal("ok", client.Outcome("sn", 2, "U=A n 1"));
        Assert.Equal("repeat", client.Outcome("m", 2, "U=A n 1"));
        Assert.Equal("ok", client.Outcome("m", 3, "U=A n 1"));
        Assert.Contains("3", client.Fields());
        foreach (var marks in new[] { "", "n", "nw", "wnr", "wnn", "wx", "rn", "wrnn", "wkn", "wkr", "wkk" })
        {
            Assert.StartsWith("-HFARG ", client.Outcome(marks, 4, "U=A n 1"));
        }

        Assert.Contains($"{made.Revision + 3}", client.Fields());

        // As it looks to a server when another process of the store was here meanwhile. A node lets nobody write there, and looks in any case.
        client.Ask("HSET", client.Key.Replace(Thing.ToString(), "@head", StringComparison.Ordinal), "run", "another");
        Assert.Equal("repeat", client.Outcome("wn", 3, "U=A n 1"));
    });

    [Theory]
    [MemberData(nameof(Stores))]
    public Task A_client_that_says_that_it_is_kept_in_mind_is_remembered_as_any(string store) => RunAsync(store, static (client, made) =>
    {
        Assert.Equal("ok", client.Outcome("wnk", 1, "U=A n 1"));
        Assert.Equal("repeat", client.Outcome("wk", 1, "U=A n 1"));
        Assert.Equal("ok", client.Outcome("wk", 65, "U=A n 1"));
        Assert.Equal("repeat", client.Outcome("w", 65, "U=A n 1"));
        Assert.Contains("2", client.Fields());
    });

    [Fact]
    public Task Redis_renews_the_clients_key_unless_it_is_told_that_it_need_not() => RunAsync("redis", static (client, made) =>
    {
        Assert.Equal("ok", client.Outcome("wk", 1, "U=A n 1"));
        Assert.True(client.IsRenewed());
        Assert.Equal("ok", client.Outcome("wk", 65, "U=A n 1"));
        Assert.False(client.IsRenewed());
        Assert.Equal("ok", client.Outcome("wk", 66, "U=A n 1"));
        Assert.True(client.IsRenewed());
        Assert.Equal("ok", client.Outcome("w", 129, "U=A n 1"));
        Assert.True(client.IsRenewed());

        client.Ask("HSET", client.Key.Replace(Thing.ToString(), "@head", StringComparison.Ordinal), "run", "another");
        Assert.Equal("ok", client.Outcome("wk", 193, "U=A n 1"));
        Assert.True(client.IsRenewed());
    });

    [Fact]
    public async Task A_commit_costs_what_it_changes_however_large_the_record_is()
    {
        const int LargeBytes = 20_000;
        await using var server = await RedisServer.StartAsync();
        await using var engine = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
        var change = RecordChange.Update(Thing);
        for (var i = 0; i < 10; i++)
        {
            change.Set($"field-{i}", new byte[LargeBytes]);
        }

        await engine.CommitAsync(new Commit(change));
        var before = await SentAsync();
        for (var i = 0; i < 10; i++)
        {
            var after = await engine.CommitAsync(new Commit(RecordChange.Update(Thing).Set("visits", $"{i}")));
            Assert.Equal(11, after.Records[0]!.Fields.Count);
        }

        Assert.InRange(await SentAsync() - before, 100, LargeBytes);

        async Task<long> SentAsync() => long.Parse(
            (await server.AskAsync("INFO", "stats")).Split('\n').Single(static line => line.StartsWith("total_net_output_bytes:", StringComparison.Ordinal)).Split(':')[1], CultureInfo.InvariantCulture);
    }

    private static async Task RunAsync(string store, Action<Client, Stamp> test)
    {
        if (store == "redis")
        {
            await using var server = await RedisServer.StartAsync();
            await RunAsync(server.ConnectionString, server.SocketPath, test);
        }
        else
        {
            await using var server = await NodeServer.StartAsync();
            await RunAsync(server.ConnectionString, server.SocketPath, test);
        }
    }

    private static async Task RunAsync(string connection, string socket, Action<Client, Stamp> test)
    {
        await using var engine = await RedisEngine.OpenAsync(connection, PatientOptions.Default);
        var made = await engine.CommitAsync(new Commit(RecordChange.Update(Thing).Set("large", Large).Set("b", "2")));
        using var client = new Client(engine, socket);
        test(client, made.At);
    }

    /// <summary>Another program that commits changes of the one record.</summary>
    private sealed class Client : IDisposable
    {
        private readonly RawClient wire;
        private readonly string tag;
        private readonly string run;

        public Client(RedisEngine engine, string socket)
        {
            wire = RawClient.OnSocket(socket);
            tag = $"hf:{{{engine.Partitions.TagOf(engine.Partitions.PartitionOf(Thing))}}}:";
            run = (string)Ask("HGET", tag + "@head", "run")!;
        }

        public string Key => tag + Thing;

        public object? Ask(params IReadOnlyList<string> command) => wire.Ask(command);

        public List<string> Command(string change, string function = "hf1_commit") =>
            ["FCALL", function, "4", tag + "@head", tag + "@journal", tag + "@client:another", Key, run, "w", "0", .. change.Split(' ')];

        public string Outcome(string marks, int sequence, string change)
        {
            var command = Command(change);
            (command[^(change.Split(' ').Length + 2)], command[^(change.Split(' ').Length + 1)]) = (marks, $"{sequence}");
            return Ask(command) switch { List<object?> answer => (string)answer[0]!, var error => (string)error! };
        }

        /// <summary>Whether the client's key had its expiry set since this was last asked. The next time it has less left.</summary>
        public bool IsRenewed()
        {
            const int Less = 100_000;
            var key = tag + "@client:another";
            var isRenewed = (long)Ask("PTTL", key)! > Less;
            Ask("PEXPIRE", key, $"{Less}");
            return isRenewed;
        }

        /// <summary>The fields that the answer tells, without metadata, in order of their names; one null if it tells none.</summary>
        public IEnumerable<string?> Commit(string change, out long timeToLive)
        {
            var answer = Assert.IsType<List<object?>>(Ask(Command(change)));
            Assert.Equal("ok", answer[0]);
            var record = Assert.Single((List<object?>)answer[3]!);
            if (record is long alone)
            {
                timeToLive = alone;
                return [null];
            }

            var parts = (List<object?>)record!;
            timeToLive = (long)parts[0]!;
            return Own((List<object?>)parts[1]!);
        }

        public IEnumerable<string?> Refusal(string change)
        {
            var answer = Assert.IsType<List<object?>>(Ask(Command(change)));
            return [(string)answer[0]!, Text(answer[3]), Text(answer[4]), .. Own((List<object?>)((List<object?>)answer[5]!)[1]!)];
        }

        public IEnumerable<string> Fields() =>
            ((List<object?>)Ask("HGETALL", Key)!).Chunk(2).OrderBy(static pair => (string)pair[0]!, StringComparer.Ordinal).SelectMany(static pair => pair).Select(Text);

        public void Dispose() => wire.Dispose();

        private static IEnumerable<string> Own(List<object?> fields) =>
            fields.Chunk(2).Where(static pair => ((string)pair[0]!)[0] != '@').OrderBy(static pair => (string)pair[0]!, StringComparer.Ordinal).SelectMany(static pair => pair).Select(Text);

        private static string Text(object? part) => Convert.ToString(part, CultureInfo.InvariantCulture)!;
    }
}
