using System.Diagnostics;
using Holdfast.NearCaching;
using Holdfast.Redis;
using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

/// <summary>
/// A watched record expires, and the server removes it when the watching engine's own connection comes by, which it tells nothing then.
/// Of itself the server removes nothing here.
/// </summary>
public sealed class ReapedWatchTests : IAsyncLifetime
{
    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(20);
    private static readonly Address Brittle = new("thing", "t", "1");
    private static readonly Address There = new("other", "t", "2");

    private RedisServer server = null!;
    private RedisEngine engine = null!;

    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(50)).Token;

    public async ValueTask InitializeAsync()
    {
        server = await RedisServer.StartAsync(arguments: ["--enable-debug-command", "local"]);
        Assert.Equal("+OK", await server.CommandAsync("DEBUG", "SET-ACTIVE-EXPIRE", "0"));
        engine = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
        await engine.CommitAsync(new Commit(RecordChange.Update(Brittle).Set("x", "1"), RecordChange.Update(There).Add("n", 1)));
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_watch_hears_that_a_scan_met_the_expired_record_and_of_what_comes_after()
    {
        await using var watch = await engine.WatchAsync(Brittle);
        await ExpireAsync(watch);
        Assert.Empty(await engine.ScanAsync(engine.Partitions.PartitionOf(Brittle), Brittle.Kind).ToListAsync());
        await watch.WaitAsync(Soon);

        await using var other = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
        await other.CommitAsync(new Commit(RecordChange.Update(Brittle).Set("x", "2")));
        await watch.WaitAsync(Soon);
        Assert.Equal("2", (await engine.ReadAsync(Brittle)).Record!.Text("x"));
    }

    [Fact]
    public async Task A_watch_hears_that_another_watch_met_the_expired_record()
    {
        await using var watch = await engine.WatchAsync(Brittle);
        await ExpireAsync(watch);
        await using var another = await engine.WatchAsync(Brittle);
        await watch.WaitAsync(Soon);
    }

    [Fact]
    public async Task A_watch_hears_that_a_refused_commit_met_the_expired_record()
    {
        await using var watch = await engine.WatchAsync(Brittle);
        await ExpireAsync(watch);
        var refused = await engine.CommitAsync(new Commit(RecordChange.Update(Brittle).Set("x", "2"), RecordChange.Update(There).When(Condition.Absent)));
        Assert.Equal(1, refused.Refusal!.Change);
        await watch.WaitAsync(Soon);
    }

    [Fact]
    public async Task A_watch_hears_that_a_commit_beyond_a_limit_met_the_expired_record()
    {
        await using var watch = await engine.WatchAsync(Brittle);
        await ExpireAsync(watch);
        await Assert.ThrowsAsync<StateLimitException>(
            async () => await engine.CommitAsync(new Commit(RecordChange.Update(Brittle).Set("x", "2"), RecordChange.Update(There).Add("n", (1L << 53) - 1))));
        await watch.WaitAsync(Soon);
    }

    [Fact]
    public async Task A_watch_hears_that_the_sample_of_the_near_cache_met_the_expired_record()
    {
        var options = PatientOptions.Default;
        var view = new StoreView(options, new PartitionMap(options.PartitionCount), "client");
        await using var routes = new LoneRoutes(RedisAddress.Parse(server.ConnectionString), view, new SignalTable(), options);
        await routes.OpenAsync(options.CommitDeadline(), CancellationToken.None);
        var partition = engine.Partitions.PartitionOf(Brittle);
        await using var watch = new Watch(static _ => ValueTask.CompletedTask);
        view.Watches.Add(partition, Brittle.ToString(), watch);
        var begun = new WatchCall(view, partition, Brittle.ToString(), WatchReason.Begun);
        routes.Submit(begun);
        Assert.True(await begun.Completion);

        // The other engine's touch is pushed, which has the key asked for again.
        await engine.CommitAsync(new Commit(RecordChange.Keep(Brittle).ExpireAfter(TimeSpan.FromSeconds(2))));
        var expiring = Stopwatch.StartNew();
        await watch.WaitAsync(Soon);
        await UntilAsync(expiring, TimeSpan.FromSeconds(2));
        var sample = new SampleCall(view, new NearCacheEntry(new Stamp(partition, 1, 1), Brittle, null, long.MaxValue));
        routes.Submit(sample);
        await sample.Completion;
        await watch.WaitAsync(Soon);
    }

    [Fact]
    public async Task A_watch_that_can_not_begin_does_not_make_others_forget_that_the_record_was_there()
    {
        var view = new StoreView(PatientOptions.Default, new PartitionMap(PatientOptions.Default.PartitionCount), "client");
        await using var watch = new Watch(static _ => ValueTask.CompletedTask);
        view.Watches.Add(0, Brittle.ToString(), watch);
        view.Watches.Armed(0, Brittle.ToString(), exists: true, WatchReason.Begun);
        new WatchCall(view, 0, Brittle.ToString(), WatchReason.Begun).Fail(new StateUnavailableException("The store is away."));
        var wait = watch.WaitAsync(Soon).AsTask();
        Assert.False(wait.IsCompleted);

        view.Watches.Saw(0, Brittle, exists: false);
        await wait;
    }

    /// <summary>Has the record expire, of which the watch is told only that its end was moved.</summary>
    private async Task ExpireAsync(Watch watch)
    {
        await engine.CommitAsync(new Commit(RecordChange.Keep(Brittle).ExpireAfter(Brief)));
        var expiring = Stopwatch.StartNew();
        await watch.WaitAsync(Soon);
        await UntilAsync(expiring, Brief);
    }

    // Nobody can ask the server whether it has expired: asked, it would remove it.
    private static async Task UntilAsync(Stopwatch expiring, TimeSpan timeToLive)
    {
        while (expiring.Elapsed < timeToLive + Brief)
        {
            await Task.Delay(1);
        }
    }
}
