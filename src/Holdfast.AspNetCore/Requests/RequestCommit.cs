using Holdfast.AspNetCore.Idempotency;
using Holdfast.AspNetCore.Logins;
using Holdfast.AspNetCore.Sessions;

namespace Holdfast.AspNetCore.Requests;

/// <summary>
/// What a request commits. Everything of the request's own partition goes in one commit: what the handler enlisted there, and the session,
/// if the partition is the session's. What belongs to other partitions goes before, a commit for each, so that nobody who sees the
/// request's own commit misses the others. A keyed request's partition is that of its claim, its own commit stores the response, and those before
/// it are steps, which take effect once however often the request is run. A conflict of the session that is declared to be one, and a turn that was lost, are looked for ahead of them all.
/// </summary>
internal sealed class RequestCommit(CausalClient client, SessionCommit session, RequestLogin login)
{
    /// <summary>How often a commit is put together anew because parallel requests changed what it stands on.</summary>
    private const int MaxAttempts = 16;

    private List<Enlistment>? enlistments;
    private CommitUnknownException? unknown;

    /// <summary>The claim on the request's key, if it has one.</summary>
    public Claim? Claim
    {
        get;
        set
        {
            field = value;
            session.Claim = value;
        }
    }

    /// <summary>Whether anything was enlisted that is not committed yet.</summary>
    public bool HasEnlisted => enlistments is { Count: > 0 };

    public void Enlist(RecordChange change) => At(client.Engine.Partitions.PartitionOf(change.Address)).Add(change);

    public void Enlist(string affinity, NewEvent happened) => At(client.Engine.Partitions.PartitionOf(affinity)).Add(affinity, happened);

    public void Enlist(int partition, ICommitPart part) => At(partition).Add(part);

    /// <summary>Drops what was enlisted.</summary>
    public void Abandon() => enlistments = null;

    /// <summary>Commits what there is to commit by now. Returns whether something of the session was in it.</summary>
    /// <param name="isLast">Whether the request has its response, which is stored if it is keyed.</param>
    /// <exception cref="SessionEndedException">The session has ended meanwhile.</exception>
    /// <exception cref="RequestConflictException">A condition that the application declared does not hold any more.</exception>
    /// <exception cref="ClaimLostException">Another runs the keyed request by now.</exception>
    /// <exception cref="CommitUnknownException">This commit may have been made; or an earlier one of the request, which is still enlisted and would be made twice.</exception>
    public async ValueTask<bool> MakeAsync(bool isLast)
    {
        if (unknown is not null)
        {
            throw new CommitUnknownException("An earlier commit of this request may have been made, and is not made again.", unknown);
        }

        session.MoveLogin();
        login.EnlistIn(this);
        var ofSession = session.Partition;
        var own = Claim?.Place.Partition ?? ofSession;
        if (IsWrittenUnchecked(own, ofSession))
        {
            await CheckAheadAsync();
        }

        while (FirstElsewhere(own, ofSession) is { } elsewhere)
        {
            await MakeBeforeAsync(elsewhere.Partition, Content.None);
        }

        var isOfSession = false;
        if (ofSession != own && ofSession is { } apart)
        {
            isOfSession = await MakeBeforeAsync(apart, Content.Session);
        }

        if (own is { } partition)
        {
            var content = ofSession == own ? Content.Session : Content.None;
            isOfSession |= isLast ? await MakeAsync(partition, content | Content.Effects | Content.Logins | Content.Response, null) : await MakeBeforeAsync(partition, content);
        }

        await login.CommittedAsync();
        return isOfSession;
    }

    /// <summary>Whether a keyed request's own effects in the session's partition go before the session.</summary>
    private bool HasStepsAheadOf(int partition) => Claim is not null && !session.IsUpdate && Find(partition) is not null;

    /// <summary>Whether something is written ahead of the session's commit, or without there being one: what refuses that would come too late for it.</summary>
    private bool IsWrittenUnchecked(int? own, int? ofSession) =>
        FirstElsewhere(session.HasCommit ? own : ofSession, ofSession) is not null || (ofSession is { } home && HasStepsAheadOf(home));

    /// <summary>
    /// Finds a conflict that is declared to be one, and a turn that was lost, before anything is written that would stay written. What changes from here on
    /// is still found by the session's own commit, if it has one.
    /// </summary>
    private async ValueTask CheckAheadAsync()
    {
        var draft = new CommitDraft();
        session.AddCheckTo(draft);
        if (!draft.IsEmpty && (await client.CommitAsync(draft.ToCommit(null), CancellationToken.None)).Refusal is { } refusal)
        {
            draft.Refused(refusal);
        }
    }

    /// <summary>
    /// Commits what goes before the request's own commit. Of a keyed request the effects are a step. What Holdfast itself makes anew with each run (sessions
    /// and logins, with new ids) is none: a run would lean on what it did not make.
    /// </summary>
    private async ValueTask<bool> MakeBeforeAsync(int partition, Content ofSession)
    {
        if (Claim is null)
        {
            return await MakeAsync(partition, ofSession | Content.Effects | Content.Logins, null);
        }

        var stays = session.IsUpdate ? ofSession : Content.None;
        var isOfSession = await MakeAsync(partition, stays | Content.Effects, Claim);
        return await MakeAsync(partition, (ofSession & ~stays) | Content.Logins, null) || isOfSession;
    }

    /// <summary>Makes a commit of one partition, anew while what it stands on changes. Returns whether something of the session was in it.</summary>
    private async ValueTask<bool> MakeAsync(int partition, Content content, Claim? naming)
    {
        if (naming is not null)
        {
            await naming.MakeStepRoomAsync();
        }

        var enlisted = Find(partition);
        RequestId? step = null;
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var draft = Draft(partition, enlisted, content);
            if (draft.IsEmpty)
            {
                Forget(enlisted, content);
                return false;
            }

            step ??= naming?.NextStepIn(partition);
            var result = await SendAsync(draft.ToCommit(step));
            if (result.IsCommitted)
            {
                draft.Made(result);
                Claim?.Wrote(result.At);
                Forget(enlisted, content);
                return Has(content, Content.Session) && session.IsIncluded;
            }

            draft.Refused(result.Refusal ?? throw new InvalidOperationException("A commit was taken for another, which its request id rules out."));
        }

        throw new RequestConflictException($"The request's commit met changes of parallel requests {MaxAttempts} times in a row.");
    }

    private async ValueTask<CommitResult> SendAsync(Commit commit)
    {
        try
        {
            return await client.CommitAsync(commit, CancellationToken.None);
        }
        catch (CommitUnknownException fault)
        {
            unknown = fault;
            throw;
        }
    }

    private CommitDraft Draft(int partition, Enlistment? enlisted, Content content)
    {
        var draft = new CommitDraft();
        if (Has(content, Content.Effects))
        {
            enlisted?.AddTo(draft);
        }

        if (Has(content, Content.Logins))
        {
            enlisted?.AddPartsTo(draft);
        }

        if (Has(content, Content.Response))
        {
            Claim?.AddResponseTo(draft, session.Outcome);
        }

        if (Has(content, Content.Session))
        {
            session.AddTo(draft);
        }

        if (!Has(content, Content.Response) && !draft.IsEmpty && Claim?.Place.Partition == partition)
        {
            Claim.AddTo(draft);
        }

        return draft;
    }

    /// <summary>
    /// What was enlisted is committed, and nothing of it is left for another commit: not even where the one that was to follow fails, and the handler
    /// catches that.
    /// </summary>
    private void Forget(Enlistment? enlisted, Content content)
    {
        if (enlisted is not null && Has(content, Content.Effects))
        {
            enlisted.ForgetEffects();
        }

        if (enlisted is not null && Has(content, Content.Logins))
        {
            enlistments!.Remove(enlisted);
        }
    }

    private static bool Has(Content content, Content part) => (content & part) != 0;

    /// <summary>What a commit is made of.</summary>
    [Flags]
    private enum Content
    {
        None = 0,

        /// <summary>What the application enlisted.</summary>
        Effects = 1,

        /// <summary>What of logins and tickets changes with the request.</summary>
        Logins = 2,

        /// <summary>The session.</summary>
        Session = 4,

        /// <summary>The response of a keyed request, and the end of its claim.</summary>
        Response = 8,
    }

    private Enlistment At(int partition)
    {
        if (Find(partition) is { } known)
        {
            return known;
        }

        var added = new Enlistment(partition);
        (enlistments ??= []).Add(added);
        return added;
    }

    private Enlistment? Find(int partition)
    {
        for (var i = 0; i < enlistments?.Count; i++)
        {
            if (enlistments[i].Partition == partition)
            {
                return enlistments[i];
            }
        }

        return null;
    }

    private Enlistment? FirstElsewhere(int? own, int? ofSession)
    {
        for (var i = 0; i < enlistments?.Count; i++)
        {
            if (enlistments[i].Partition != own && enlistments[i].Partition != ofSession)
            {
                return enlistments[i];
            }
        }

        return null;
    }
}
