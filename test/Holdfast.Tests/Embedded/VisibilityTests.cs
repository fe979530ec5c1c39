using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded;

/// <summary>What is on its way to the disk decides commits, and is told to nobody. The log is held up by an observer that blocks it, at a commit in another partition.</summary>
public sealed class VisibilityTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly StateEngineOptions TwoPartitions = new() { PartitionCount = 2 };
    private static readonly Address Counter = new("counter", "0~a");
    private static readonly Address Elsewhere = new("counter", "1~a");

    private readonly StoreCopy store = new();
    private readonly ManualResetEventSlim heldUp = new();
    private readonly ManualResetEventSlim goOn = new();
    private EmbeddedEngine engine = null!;
    private Task<CommitResult> blocking = null!;

    public async ValueTask InitializeAsync()
    {
        engine = await store.OpenAsync(TwoPartitions);
        await engine.CommitAsync(Count());
        engine.TryObserve((_, _, _) =>
        {
            heldUp.Set();
            goOn.Wait(Patience);
        });
        blocking = engine.CommitAsync(new Commit(RecordChange.Update(Elsewhere))).AsTask();
        Assert.True(heldUp.Wait(Patience));
        engine.EndObserving();
    }

    public async ValueTask DisposeAsync()
    {
        goOn.Set();
        await blocking;
        await engine.DisposeAsync();
        store.Dispose();
        heldUp.Dispose();
        goOn.Dispose();
    }

    [Fact]
    public async Task A_commit_that_is_not_yet_durable_is_not_read()
    {
        var watch = await engine.WatchAsync(Counter);
        var head = await engine.ReadHeadAsync(0);
        var commit = engine.CommitAsync(Count()).AsTask();

        Assert.Equal(1, (await engine.ReadAsync(Counter)).Record!.Counter("n"));
        Assert.Equal(1, (await engine.ReadManyAsync([Counter]))[0].Record!.Counter("n"));
        Assert.Single((await engine.ReadJournalAsync(0, JournalPosition.Start)).Events);
        Assert.Equal(head.Revision, (await engine.ReadHeadAsync(0)).Revision);
        var wait = watch.WaitAsync().AsTask();
        Assert.False(wait.IsCompleted || commit.IsCompleted);

        goOn.Set();
        await commit.WaitAsync(Patience);
        await wait.WaitAsync(Patience);
        Assert.Equal(2, (await engine.ReadAsync(Counter)).Record!.Counter("n"));
    }

    [Fact]
    public async Task A_refusal_is_told_once_what_it_saw_is_durable()
    {
        var commit = engine.CommitAsync(Count()).AsTask();
        var refused = engine.CommitAsync(new Commit(RecordChange.Keep(Counter).When(Condition.RevisionIs(1)))).AsTask();
        Assert.False(refused.IsCompleted);

        goOn.Set();
        Assert.Equal(2, (await refused.WaitAsync(Patience)).Refusal!.Current!.Counter("n"));
        Assert.True((await commit.WaitAsync(Patience)).IsCommitted);
    }

    [Fact]
    public async Task A_replay_is_told_once_the_first_commit_is_durable()
    {
        var commit = new Commit(RecordChange.Update(Counter).Add("n", 1)) { Request = new RequestId("once") };
        var first = engine.CommitAsync(commit).AsTask();
        var second = engine.CommitAsync(commit).AsTask();
        Assert.False(second.IsCompleted);

        goOn.Set();
        var replay = await second.WaitAsync(Patience);
        Assert.Equal(((await first.WaitAsync(Patience)).At, true), (replay.At, replay.IsReplay));
        Assert.Equal(2, (await engine.ReadAsync(Counter)).Record!.Counter("n"));
    }

    [Fact]
    public async Task A_disk_that_does_not_answer_in_time_leaves_the_commit_unknown()
    {
        using var disk = new ManualResetEventSlim();
        await using var impatient = await EmbeddedEngine.OpenAsync(store["impatient"], TwoPartitions with { CommitTimeout = TimeSpan.FromMilliseconds(50) });
        impatient.TryObserve((_, _, _) => disk.Wait(Patience));
        await Assert.ThrowsAsync<CommitUnknownException>(async () => await impatient.CommitAsync(Count()));
        disk.Set();
    }

    private static Commit Count() => new(RecordChange.Update(Counter).Add("n", 1)) { Events = [new NewEvent("counted", default)] };
}
