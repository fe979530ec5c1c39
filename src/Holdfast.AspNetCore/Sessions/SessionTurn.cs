using Holdfast.AspNetCore.Requests;

namespace Holdfast.AspNetCore.Sessions;

/// <summary>
/// A request's turn at its session: a lease that is kept until the request's state is sealed, and fences each of its commits. The last one gives it back;
/// or it goes back by itself, when there was nothing to commit.
/// </summary>
internal sealed class SessionTurn : ICommitPart, IAsyncDisposable
{
    /// <summary>How long giving the turn back may hold up a response; it ends by itself.</summary>
    private static readonly TimeSpan ReleasePatience = TimeSpan.FromSeconds(1);

    private readonly StateEngine engine;
    private readonly CountedCalls calls;
    private readonly Lease lease;
    private readonly Action leave;
    private readonly CancellationTokenSource ending = new();
    private readonly Task keeping;
    private bool isGivenBack;

    public SessionTurn(StateEngine engine, CountedCalls calls, Lease lease, Action leave)
    {
        (this.engine, this.calls, this.lease, this.leave) = (engine, calls, lease, leave);
        keeping = lease.KeepAsync(ending.Token);
    }

    /// <summary>A read of the session at least as new as this sees what the turns before committed.</summary>
    public Stamp TakenAt => lease.TakenAt;

    /// <summary>Where it stands, and with it whatever it fences.</summary>
    public int Partition => engine.Partitions.PartitionOf(lease.Address);

    /// <summary>Whether the next commit is the request's last, so that it gives the turn back.</summary>
    public bool IsEnding { get; set; }

    public void AddTo(CommitDraft draft)
    {
        if (!isGivenBack)
        {
            var change = IsEnding ? RecordChange.Delete(lease.Address) : RecordChange.Keep(lease.Address);
            draft.Add(this, change.When(lease.Fence));
        }
    }

    /// <summary>Adds what refuses a commit when the turn is lost, and gives it back in no case.</summary>
    public void AddCheckTo(CommitDraft draft)
    {
        if (!isGivenBack)
        {
            draft.Add(this, RecordChange.Keep(lease.Address).When(lease.Fence));
        }
    }

    /// <summary>A step that an earlier run of the request has made gave back the turn of that run.</summary>
    public void Made(CommitResult result) => isGivenBack = IsEnding && !result.IsReplay;

    public void Refused(Refusal refusal) => throw new SessionBusyException();

    /// <summary>Lets the next request have its turn.</summary>
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ending.Dispose();
        if (!isGivenBack)
        {
            await GiveBackAsync();
        }

        leave();
    }

    private async ValueTask GiveBackAsync()
    {
        using var patience = new CancellationTokenSource(ReleasePatience, engine.Options.Clock);
        try
        {
            await calls.CommitAsync(new Commit(RecordChange.Delete(lease.Address).When(lease.Fence)), patience.Token);
        }
        catch (Exception fault) when (fault is StateException or OperationCanceledException)
        {
            // The lease ends by its expiry.
        }
    }
}
