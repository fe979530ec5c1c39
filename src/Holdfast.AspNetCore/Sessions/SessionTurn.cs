using Holdfast.AspNetCore.Requests;

namespace Holdfast.AspNetCore.Sessions;

/// <summary>
/// A request's turn at its session: a lease that is kept while the request runs, fences its commit, and is given back by that very
/// commit; or afterwards, when there was nothing to commit.
/// </summary>
internal sealed class SessionTurn : ICommitPart, IAsyncDisposable
{
    private readonly Lease lease;
    private readonly Action leave;
    private readonly CancellationTokenSource ending = new();
    private readonly Task keeping;
    private bool isGivenBack;

    public SessionTurn(Lease lease, Action leave)
    {
        (this.lease, this.leave) = (lease, leave);
        keeping = lease.KeepAsync(ending.Token);
    }

    /// <summary>A read of the session at least as new as this sees what the turns before committed.</summary>
    public Stamp TakenAt => lease.TakenAt;

    public void AddTo(CommitDraft draft)
    {
        if (!isGivenBack)
        {
            draft.Add(this, RecordChange.Delete(lease.Address).When(lease.Fence));
        }
    }

    public void Made(CommitResult result) => isGivenBack = true;

    public void Refused(Refusal refusal) => throw new SessionBusyException();

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ending.Dispose();
        if (!isGivenBack)
        {
            await lease.DisposeAsync();
        }

        leave();
    }
}
