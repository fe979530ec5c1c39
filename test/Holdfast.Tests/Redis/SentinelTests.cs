using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

/// <summary>Two real redis-servers under three real sentinels.</summary>
public sealed class SentinelTests
{
    private static readonly Address Counter = new("counter", "c");

    /// <summary>A sentinel whose own loop was late does nothing for 30 s (TILT).</summary>
    private static readonly StateEngineOptions Patient = new() { CommitTimeout = TimeSpan.FromSeconds(180) };
    private static readonly StateEngineOptions Hasty = new() { CommitTimeout = TimeSpan.FromMilliseconds(500) };

    [Fact]
    public async Task Commits_go_on_at_the_new_master_and_what_the_failover_lost_is_told()
    {
        await using var trio = await SentinelTrio.StartAsync(downAfter: 1000, failoverTimeout: 5000);
        var log = new EventLog();
        await using var engine = await RedisEngine.OpenAsync(trio.ConnectionString, Patient with { Log = log.Write });
        Assert.Equal(Durability.Memory, engine.Capabilities.Durability);
        var writers = new CountingWriters(engine, [.. Enumerable.Range(0, 20).Select(static i => $"u{i}")]);
        await writers.MakeAsync(200);

        // Nobody tells the sentinels: they find out, and the engine follows.
        await trio.FailOverAsync(isAsked: false);
        await writers.MakeAsync(200);
        var counts = await writers.StopAsync();
        var lost = counts.Sum(static count => Math.Max(0, count.Acknowledged - count.Found));
        Assert.All(counts, static count => Assert.True(count.Found <= count.Acknowledged));
        Assert.True(lost == 0 || log.Of("StateLost").Any(), $"{lost} acknowledged commits are lost, and nobody was told.");
    }

    [Fact]
    public async Task A_planned_switch_is_followed_by_who_is_still_connected_to_the_old_master()
    {
        await using var trio = await SentinelTrio.StartAsync();
        await using var engine = await RedisEngine.OpenAsync(trio.ConnectionString, Patient);
        var writers = new CountingWriters(engine, ["a", "b"]);
        await writers.MakeAsync(20);
        await trio.SwitchAsync();
        await writers.MakeAsync(20);
        Assert.All(await writers.StopAsync(), static count => Assert.True(count.Found <= count.Acknowledged));
        await trio.Master.UntilAsync("role:master", "INFO", "replication");
        Assert.NotNull((await engine.ReadAsync(new Address("count", "a"))).Record);
    }

    [Fact]
    public async Task A_failover_that_lost_acknowledged_writes_is_told_counted_and_refused_if_so_chosen()
    {
        await using var trio = await SentinelTrio.StartAsync(password: "pw");
        var log = new EventLog();
        await using var refusing = await RedisEngine.OpenAsync(trio.ConnectionString, Patient with { RefuseLostStamps = true, Log = log.Write });
        await using var going = await RedisEngine.OpenAsync(trio.ConnectionString, Patient);
        await refusing.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1)));
        var lost = await LoseAsync(trio, refusing);
        await trio.FailOverAsync();

        Assert.Equal(1, (await going.ReadAsync(Counter, Freshness.AtLeast(lost.At))).Record!.Counter("n"));
        var fault = await Assert.ThrowsAsync<StateLostException>(async () => await refusing.ReadAsync(Counter, Freshness.AtLeast(lost.At)));
        Assert.Equal(lost.At, fault.Lost);
        Assert.Equal(1, (await refusing.ReadAsync(Counter)).Record!.Counter("n"));
        await log.SeeAsync("StateLost", $"partition {lost.At.Partition} ");
    }

    [Fact]
    public async Task What_a_master_gave_up_that_is_one_again_is_told_though_nobody_came_meanwhile()
    {
        await using var trio = await SentinelTrio.StartAsync(password: "pw");
        var log = new EventLog();
        await using var refusing = await RedisEngine.OpenAsync(trio.ConnectionString, Patient with { RefuseLostStamps = true, Log = log.Write });
        await refusing.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1)));
        var lost = await LoseAsync(trio, refusing);
        var first = trio.Master;
        await trio.SwitchAsync();
        await trio.Master.UndeafenAsync();
        await trio.UntilWholeAsync();
        for (var tries = 0; tries == 0 || (trio.Master != first && tries < 5); tries++)
        {
            // On a busy machine they may have made another one the master once more.
            await trio.SwitchAsync();
            await trio.UntilWholeAsync();
        }

        Assert.Equal(first, trio.Master);

        // Somebody else goes on, beyond what was lost.
        await using var other = await RedisEngine.OpenAsync(trio.ConnectionString, Patient);
        await other.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1)));
        await other.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1)));
        var fault = await Assert.ThrowsAsync<StateLostException>(async () => await refusing.ReadAsync(Counter, Freshness.AtLeast(lost.At)));
        Assert.Equal(lost.At, fault.Lost);
        await log.SeeAsync("StateLost", $"partition {lost.At.Partition} ");
    }

    [Fact]
    public async Task Most_of_the_sentinels_must_answer()
    {
        await using var trio = await SentinelTrio.StartAsync();
        await trio.KillSentinelAsync(0);
        await using (await RedisEngine.OpenAsync(trio.ConnectionString, Patient))
        {
        }

        await trio.KillSentinelAsync(1);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        string told;
        do
        {
            // Half a second may end before even the one that lives has answered.
            patience.Token.ThrowIfCancellationRequested();
            told = (await Assert.ThrowsAsync<StateUnavailableException>(async () => await RedisEngine.OpenAsync(trio.ConnectionString, Hasty))).Message;
        }
        while (!told.Contains("1 told where the master is, and 2 must", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Passwords_of_servers_and_sentinels_and_the_form_of_StackExchange_Redis_are_taken()
    {
        await using var trio = await SentinelTrio.StartAsync(password: "pw", sentinelPassword: "spw");
        await using (var engine = await RedisEngine.OpenAsync($"{trio.ConnectionString}?sentinelPassword=spw", Patient))
        {
            Assert.True((await engine.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1)))).IsCommitted);
        }

        await using (var engine = await RedisEngine.OpenAsync($"{trio.Places},serviceName={SentinelTrio.Name},password=pw,sentinelPassword=spw", Patient))
        {
            Assert.Equal(1, (await engine.ReadAsync(Counter)).Record!.Counter("n"));
        }

        var refused = await Assert.ThrowsAsync<StateMismatchException>(async () => await RedisEngine.OpenAsync($"{trio.ConnectionString}?sentinelPassword=wr0ng", Patient));
        Assert.DoesNotContain("wr0ng", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_name_and_a_sentinel_that_is_taken_for_a_store_are_told()
    {
        await using var trio = await SentinelTrio.StartAsync();
        var unknown = await Assert.ThrowsAsync<StateMismatchException>(async () => await RedisEngine.OpenAsync($"redis+sentinel://{trio.Places}/other", Patient));
        Assert.Contains("knows no store other", unknown.Message, StringComparison.Ordinal);
        var mistaken = await Assert.ThrowsAsync<StateMismatchException>(async () => await RedisEngine.OpenAsync($"redis://{trio.Places}", Patient));
        Assert.Contains("redis+sentinel://", mistaken.Message, StringComparison.Ordinal);
    }

    /// <summary>Cuts the replica off, and has the master acknowledge a commit that it alone has.</summary>
    private static async Task<CommitResult> LoseAsync(SentinelTrio trio, RedisEngine engine)
    {
        await trio.Replica.UntilAsync(":1", "EXISTS", "hf:@store");

        await trio.Replica.DeafenAsync();
        return await engine.CommitAsync(new Commit(RecordChange.Update(Counter).Add("n", 1)));
    }
}
