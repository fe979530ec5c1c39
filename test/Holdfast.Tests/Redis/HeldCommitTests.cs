using System.Globalization;
using Holdfast.Redis;
using Holdfast.Tests.Node;
using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

/// <summary>A commit that says which record its caller holds (docs/wire.md, mark H), on the wire: on a Redis server and on a node.</summary>
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
        private readonly string runId;

        public Client(RedisEngine engine, string socket)
        {
            wire = RawClient.OnSocket(socket);
            tag = $"hf:{{{engine.Partitions.TagOf(engine.Partitions.PartitionOf(Thing))}}}:";
            runId = ((string)Ask("INFO", "server")!).Split('\n').Single(static line => line.StartsWith("run_id:", StringComparison.Ordinal))[7..].Trim();
        }

        private string Key => tag + Thing;

        public object? Ask(params IReadOnlyList<string> command) => wire.Ask(command);

        public List<string> Command(string change, string function = "hf1_commit") =>
            ["FCALL", function, "4", tag + "@head", tag + "@journal", tag + "@client:another", Key, runId, "w", "0", .. change.Split(' ')];

        /// <summary>The fields that the answer tells, without metadata, in order of their names; one null if it tells none.</summary>
        public IEnumerable<string?> Commit(string change, out long timeToLive)
        {
            var answer = Assert.IsType<List<object?>>(Ask(Command(change)));
            Assert.Equal("ok", answer[0]);
            var record = (List<object?>)((List<object?>)answer[3]!)[0]!;
            timeToLive = (long)record[0]!;
            if (record[1] is List<object?> fields)
            {
                return Own(fields);
            }

            return [null];
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
