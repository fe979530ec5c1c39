using Holdfast.AspNetCore.Logins;
using Holdfast.AspNetCore.Sessions;

namespace Holdfast.AspNetCore.Requests;

/// <summary>
/// What a request commits. Everything of the request's own partition goes in one commit: the session and what the handler
/// enlisted there. What it enlisted in other partitions goes before, a commit for each, so that nobody who sees the
/// request's own commit misses the others.
/// </summary>
internal sealed class RequestCommit(CausalClient client, SessionCommit session, RequestLogin login)
{
    /// <summary>How often a commit is put together anew because parallel requests changed what it stands on.</summary>
    private const int MaxAttempts = 16;

    private List<Enlistment>? enlistments;

    /// <summary>Whether anything was enlisted that is not committed yet.</summary>
    public bool HasEnlisted => enlistments is { Count: > 0 };

    public void Enlist(RecordChange change) => At(client.Engine.Partitions.PartitionOf(change.Address)).Add(change);

    public void Enlist(string affinity, NewEvent happened) => At(client.Engine.Partitions.PartitionOf(affinity)).Add(affinity, happened);

    public void Enlist(int partition, ICommitPart part) => At(partition).Add(part);

    /// <summary>Drops what was enlisted.</summary>
    public void Abandon() => enlistments = null;

    /// <summary>Commits what there is to commit by now. Returns whether something of the session was in it.</summary>
    /// <exception cref="SessionEndedException">The session has ended meanwhile.</exception>
    /// <exception cref="RequestConflictException">A condition that the application declared does not hold any more.</exception>
    public async ValueTask<bool> MakeAsync()
    {
        session.MoveLogin();
        login.EnlistIn(this);
        var own = session.Partition;
        while (enlistments?.Find(other => other.Partition != own) is { } elsewhere)
        {
            await MakeAsync(elsewhere, null);
            enlistments.Remove(elsewhere);
        }

        var isMade = await MakeAsync(enlistments is { Count: > 0 } ? enlistments[0] : null, session);
        enlistments = null;
        await login.CommittedAsync();
        return isMade && session.IsIncluded;
    }

    private async ValueTask<bool> MakeAsync(Enlistment? enlisted, SessionCommit? ofSession)
    {
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var draft = new CommitDraft();
            enlisted?.AddTo(draft);
            ofSession?.AddTo(draft);
            if (draft.IsEmpty)
            {
                return false;
            }

            var result = await client.CommitAsync(draft.ToCommit(null), CancellationToken.None);
            if (result.IsCommitted)
            {
                draft.Made(result);
                return true;
            }

            draft.Refused(result.Refusal ?? throw new InvalidOperationException("A commit without a request id was taken for another."));
        }

        throw new RequestConflictException($"The request's commit met changes of parallel requests {MaxAttempts} times in a row.");
    }

    private Enlistment At(int partition)
    {
        enlistments ??= [];
        if (enlistments.Find(other => other.Partition == partition) is { } known)
        {
            return known;
        }

        var added = new Enlistment(partition);
        enlistments.Add(added);
        return added;
    }
}
