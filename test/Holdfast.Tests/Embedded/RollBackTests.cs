using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded;

/// <summary>While the log takes back one commit after the other, what is still to be taken back is told to nobody.</summary>
public sealed class RollBackTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Address Second = new("counter", "second");
    private static readonly Commit Refused = new(RecordChange.Keep(Second).When(Condition.RevisionIs(99)));

    private readonly StoreCopy store = new();

    public void Dispose() => store.Dispose();

    [Fact]
    public async Task A_repetition_or_a_refusal_between_two_roll_backs_fails_with_what_it_saw()
    {
        var clock = new StoreClock(TimeProvider.System);
        using var segment = LogSegment.Create(StoreDisk.Machine, store.Folder, 1, salt: 1, firstSequence: 1);
        SyncedFile.Create(StoreDisk.Machine, store.Folder, 1, 0);
        using var log = new LogWriter(new LogFiles(StoreDisk.Machine, store.Folder, 1, segment, 0, clock), store.Events.Enqueue);
        log.Start();
        using var memory = new StoreMemory(new StateEngineOptions());
        var state = new PartitionState(0, clock, new RequestMemory(RequestMemory.DefaultMaxBytes), memory);
        state.OpenTerm(clock.WallMilliseconds);
        var partition = new EmbeddedPartition(state, log, static _ => null);
        var repeated = new Commit(RecordChange.Update(Second).Add("n", 1)) { Request = new RequestId("once") };

        using var goOn = new ManualResetEventSlim();
        using var heldUp = new ManualResetEventSlim();
        _ = log.Append([1], new Hook(released: () => { heldUp.Set(); goOn.Wait(Patience); }), out _);
        Assert.True(heldUp.Wait(Patience));
        var first = partition.Commit(new Commit(RecordChange.Update(new Address("counter", "first"))), null, default);
        CommitVerdict? replay = null;
        CommitVerdict? refusal = null;
        var between = log.Append(
            [2],
            new Hook(rolledBack: () =>
            {
                replay = partition.Commit(repeated, "fingerprint", default);
                refusal = partition.Commit(Refused, null, default);
            }),
            out _);
        var second = partition.Commit(repeated, "fingerprint", default);
        segment.Dispose();
        goOn.Set();

        foreach (var durable in new[] { first.Durable, between, second.Durable })
        {
            await Assert.ThrowsAsync<CommitUnknownException>(() => durable.WaitAsync(Patience));
        }

        Assert.True(replay!.Value.Result.IsReplay);
        Assert.Equal(1, refusal!.Value.Result.Refusal!.Current!.Counter("n"));
        await Assert.ThrowsAsync<CommitUnknownException>(() => replay.Value.Durable.WaitAsync(Patience));
        await Assert.ThrowsAsync<CommitUnknownException>(() => refusal.Value.Durable.WaitAsync(Patience));

        var afterwards = partition.Commit(Refused, null, default);
        await afterwards.Durable.WaitAsync(Patience);
        Assert.Null(afterwards.Result.Refusal!.Current);
    }

    private sealed class Hook(Action? released = null, Action? rolledBack = null) : ILogEntry
    {
        public bool UntilSynced => false;

        public void Release() => released?.Invoke();

        public void RollBack() => rolledBack?.Invoke();
    }
}
