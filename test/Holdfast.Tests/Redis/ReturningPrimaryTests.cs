using System.Globalization;
using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

/// <summary>
/// A fails over to B, and back to A, which is the same process all along: two real servers, led by hand. Whoever is connected stays
/// connected, as in a cluster, where nobody ends connections to who is no primary any more.
/// </summary>
public sealed class ReturningPrimaryTests : IAsyncLifetime
{
    private static readonly Address Thing = new("thing", "t");
    private static readonly Commit Count = new(RecordChange.Update(Thing).Add("n", 1));

    private readonly EventLog log = new();
    private RedisServer a = null!;
    private RedisServer b = null!;

    public async ValueTask InitializeAsync()
    {
        a = await RedisServer.StartAsync(isTcp: true, arguments: ["--repl-diskless-sync-delay", "0"]);
        b = await RedisServer.StartAsync(isTcp: true, arguments: ["--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1", $"{a.Port}"]);
    }

    public async ValueTask DisposeAsync()
    {
        await a.DisposeAsync();
        await b.DisposeAsync();
    }

    [Fact]
    public async Task What_it_gave_up_is_told_though_nobody_touched_the_partition_at_the_other_one()
    {
        await using var engine = await OpenAsync($"{a.ConnectionString}", log);
        var lost = await LoseAsync(engine);

        // The store goes on, beyond what was lost.
        await using (var other = await OpenAsync(a.ConnectionString))
        {
            await other.CommitAsync(Count);
            Assert.Equal(3, (await other.CommitAsync(Count)).Records[0]!.Counter("n"));
        }

        Assert.True((await engine.ReadAsync(Thing)).At.Revision > lost.Revision);
        await log.SeeAsync("StateLost", $"saw revision {lost.Revision} of term {lost.Term}");
        Assert.False((await engine.ReadHeadAsync(lost.Partition)).Contains(lost));
    }

    [Fact]
    public async Task What_was_sent_to_it_before_and_comes_after_is_refused()
    {
        await using var engine = await OpenAsync(a.ConnectionString);
        var head = HeadOf(engine);
        await engine.CommitAsync(Count);
        var run = await a.AskAsync("HGET", head, "run");
        Assert.Equal("*4", await CommitAsync(engine, run));
        await LoseAsync(engine);

        Assert.StartsWith("-HFRUN ", await CommitAsync(engine, run), StringComparison.Ordinal);
        Assert.StartsWith("-HFRUN ", await a.CommandAsync("FCALL", "hf1_open", "1", head, run), StringComparison.Ordinal);
        Assert.Equal("*2", await a.CommandAsync("FCALL", "hf1_open", "1", head, await RunAsync(a)));
        Assert.StartsWith("-HFRUN ", await CommitAsync(engine, run), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_lost_nothing_is_told_of_no_loss_and_goes_on_on_the_old_connection_or_a_new_one()
    {
        await using var engine = await OpenAsync(a.ConnectionString, log);
        var before = await engine.CommitAsync(Count);
        await SyncAsync();
        await ReplaceAsync(a, by: b);
        await ReplaceAsync(b, by: a);
        await using var other = await OpenAsync(a.ConnectionString, log);
        var after = await other.CommitAsync(Count);
        Assert.True(after.At.Term > before.At.Term);
        Assert.Equal(3, (await engine.CommitAsync(Count)).Records[0]!.Counter("n"));
        Assert.Equal(4, (await other.CommitAsync(Count)).Records[0]!.Counter("n"));
        Assert.True((await engine.ReadHeadAsync(before.At.Partition)).Contains(before.At));
        Assert.Empty(log.Of("StateLost"));
    }

    /// <summary>As where sentinels make one master again that has not heard yet that it was replaced: it goes on as if nothing had been.</summary>
    [Fact]
    public async Task What_was_made_at_the_other_one_is_told_though_the_first_goes_on_in_its_old_term()
    {
        await using var engine = await OpenAsync($"redis://127.0.0.1:{a.Port},127.0.0.1:{b.Port}", log);
        var first = await engine.CommitAsync(Count);
        await SyncAsync();
        Assert.Equal("+OK", await b.CommandAsync("REPLICAOF", "NO", "ONE"));
        var lost = await LeaveAsync(engine, a, first.At.Term);
        Assert.True(lost.Term > first.At.Term);

        // By now the engine has asked B for its terms, and found nothing missing.
        Assert.True((await engine.ReadHeadAsync(lost.Partition)).Contains(first.At));
        Assert.Equal(first.At.Term, (await LeaveAsync(engine, b, lost.Term)).Term);

        // Where a dial failed, the engine has been at A meanwhile, and is told of what that lost as well; or it has seen more at B.
        await log.SeeAsync("StateLost", $"of term {lost.Term}, and the store knows no such term");
    }

    [Fact]
    public async Task Two_that_go_on_from_one_term_while_their_clocks_are_behind_do_not_both_open_the_next()
    {
        const long Term = 8_999_999_999_999;
        await using var engine = await OpenAsync(a.ConnectionString);
        var head = HeadOf(engine);
        await SyncAsync();
        Assert.Equal("+OK", await b.CommandAsync("REPLICAOF", "NO", "ONE"));
        foreach (var server in new[] { a, b })
        {
            var run = await RunAsync(server);
            await server.CommandAsync("HSET", head, "rev", "5", "run", "another", "term", $"{Term}", "terms", $"{Term}:0");
            Assert.Equal("*2", await server.CommandAsync("FCALL", "hf1_open", "1", head, run));
            var opened = long.Parse(await server.AskAsync("HGET", head, "term"), CultureInfo.InvariantCulture);
            Assert.Equal(Term + 1 + long.Parse(run[^5..], NumberStyles.HexNumber, CultureInfo.InvariantCulture), opened);
            Assert.EndsWith($",{opened}:5", await server.AskAsync("HGET", head, "terms"), StringComparison.Ordinal);
        }
    }

    private static ValueTask<RedisEngine> OpenAsync(string connection, EventLog? log = null) =>
        RedisEngine.OpenAsync(connection, PatientOptions.Default with { Log = log is null ? static _ => { } : log.Write });

    private static string HeadOf(RedisEngine engine) => $"hf:{{{engine.Partitions.TagOf(engine.Partitions.PartitionOf(Thing))}}}:@head";

    private static async Task<string> RunAsync(RedisServer server)
    {
        var facts = (await server.AskAsync("INFO")).Split("\r\n").Select(static line => line.Split(':')).Where(static parts => parts.Length == 2).ToDictionary(static parts => parts[0], static parts => parts[1]);
        return facts["run_id"][..20] + facts["master_replid"][..20];
    }

    /// <summary>A commit to A by another program; answers how the reply begins.</summary>
    private Task<string> CommitAsync(RedisEngine engine, string run)
    {
        var head = HeadOf(engine);
        var tag = head[..^"@head".Length];
        return a.CommandAsync("FCALL", "hf1_commit", "4", head, tag + "@journal", tag + "@client:another", tag + Thing, run, "w", "0", "U=A", "n", "0");
    }

    /// <summary>Has the engine commit what B does not hear of, B take A's place, and A take it back.</summary>
    private async Task<Stamp> LoseAsync(RedisEngine engine)
    {
        await engine.CommitAsync(Count);
        await SyncAsync();
        Assert.Equal("+OK", await b.CommandAsync("REPLICAOF", "NO", "ONE"));
        var lost = (await engine.CommitAsync(Count)).At;
        await FollowAsync(a, b);
        await ReplaceAsync(b, by: a);
        return lost;
    }

    /// <summary>Has the engine go on at the other server, in another term than this one; a dial that fails would lead back.</summary>
    private static async Task<Stamp> LeaveAsync(RedisEngine engine, RedisServer server, long term)
    {
        Stamp at;
        do
        {
            await server.CommandAsync("CLIENT", "KILL", "TYPE", "normal");
            at = (await engine.CommitAsync(Count)).At;
        }
        while (at.Term == term);
        return at;
    }

    /// <summary>Waits until B has what A has.</summary>
    private async Task SyncAsync()
    {
        await b.UntilAsync("master_link_status:up", "INFO", "replication");
        Assert.Equal("+OK", await a.CommandAsync("SET", "mark", "1"));
        await b.UntilAsync(":1", "EXISTS", "mark");
    }

    private static async Task ReplaceAsync(RedisServer primary, RedisServer by)
    {
        Assert.Equal("+OK", await by.CommandAsync("REPLICAOF", "NO", "ONE"));
        await FollowAsync(primary, by);
    }

    private static async Task FollowAsync(RedisServer replica, RedisServer primary)
    {
        Assert.Equal("+OK", await replica.CommandAsync("REPLICAOF", "127.0.0.1", $"{primary.Port}"));
        await replica.UntilAsync("master_link_status:up", "INFO", "replication");
    }
}
