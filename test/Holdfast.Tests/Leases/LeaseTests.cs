using Holdfast.Tests.Conformance;

namespace Holdfast.Tests.Leases;

/// <summary>What a holder does while the store's answer is on its way.</summary>
public sealed class LeaseTests : IAsyncDisposable
{
    private static readonly Address Guarded = new("lease", "ada");
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private readonly SlowAnswers engine = new(new ModelEngine(new ModelStore(PartitionMap.DefaultCount, ModelFault.None), new StateEngineOptions()));

    public ValueTask DisposeAsync() => engine.DisposeAsync();

    [Fact]
    public async Task A_lease_that_was_being_taken_when_the_call_was_cancelled_is_free()
    {
        using var ending = new CancellationTokenSource();
        var (made, answer) = engine.HoldNextAnswer();
        var taking = Lease.TryAcquireAsync(engine, Guarded, Long, cancellationToken: ending.Token).AsTask();
        await made;
        await ending.CancelAsync();
        answer();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taking);
        Assert.NotNull(await Lease.TryAcquireAsync(engine, Guarded, Long));
    }

    [Fact]
    public async Task A_call_that_was_cancelled_before_takes_no_lease()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Lease.TryAcquireAsync(engine, Guarded, Long, cancellationToken: new CancellationToken(true)));
        Assert.Equal(0, engine.Commits);
    }

    [Fact]
    public async Task A_lease_that_was_given_back_is_not_held_again_by_a_renewal_whose_answer_came_late()
    {
        var lease = await Lease.TryAcquireAsync(engine, Guarded, Long);
        var (made, answer) = engine.HoldNextAnswer();
        var renewing = lease!.RenewAsync().AsTask();
        await made;
        await lease.ReleaseAsync();
        answer();

        Assert.False(await renewing);
        Assert.False(lease.IsHeld);
    }

    /// <summary>An engine that makes a commit and keeps its answer back.</summary>
    private sealed class SlowAnswers(StateEngine inner) : ForwardingEngine(inner.Options)
    {
        private TaskCompletionSource? next;
        private Task answered = Task.CompletedTask;

        public int Commits { get; private set; }

        protected override StateEngine Inner => inner;

        /// <summary>Tells when the next commit is made, and what has it answered.</summary>
        public (Task Made, Action Answer) HoldNextAnswer()
        {
            next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var answering = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            answered = answering.Task;
            return (next.Task, answering.SetResult);
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

        protected override async ValueTask<CommitResult> CommitCoreAsync(Commit commit, int partition, CancellationToken cancellationToken)
        {
            Commits++;
            var result = await base.CommitCoreAsync(commit, partition, CancellationToken.None);
            if (Interlocked.Exchange(ref next, null) is { } made)
            {
                made.SetResult();
                await answered.WaitAsync(cancellationToken);
            }

            return result;
        }
    }
}
