using Holdfast.AspNetCore.Idempotency;
using Holdfast.AspNetCore.Logins;
using Holdfast.AspNetCore.Requests;
using Holdfast.AspNetCore.Sessions.Events;

namespace Holdfast.AspNetCore.Sessions;

/// <summary>
/// What a request's commit does to the client's session, each form under conditions that keep a late commit from
/// reviving or overwriting anything:
/// <list type="bullet">
/// <item>one that exists is updated, or only touched, under its birth;</item>
/// <item>one that does not is created if it is absent, as soon as a key was set or its id was asked for, unless a parallel request has
/// just renewed the one that the client came with;</item>
/// <item>one that is renewed is deleted as it was read, and created with all that it held under another id;</item>
/// <item>one that is ended is deleted.</item>
/// </list>
/// </summary>
internal sealed class SessionCommit(StateServices services, CausalClient client, SessionView view, RequestLogin login, SessionTerms terms) : ICommitPart
{
    /// <summary>An id has 144 random bits; OWASP ASVS 7.2 asks for 128.</summary>
    public const int IdBytes = 18;

    private const int NoPlace = -1;

    private SessionReference? leaving;
    private SessionEnding? ending;
    private string? newId;
    private bool takesAlong;
    private int place = NoPlace;
    private bool isTouch;

    /// <summary>The session in the store that the client has.</summary>
    public SessionReference? Stored { get; set; }

    /// <summary>The session that the client holds itself.</summary>
    public HeldSession? Held { get; set; }

    /// <summary>Whether the client goes on holding its session, or is to hold the one that the request makes: then there is nothing of it to commit.</summary>
    public bool StaysHeld { get; set; }

    /// <summary>The session that the client came with, if it was found to be gone; or that its stock session becomes, if that was not found.</summary>
    public SessionReference? Gone { get; set; }

    /// <summary>The claim of the keyed request, if it is one: beside it lies the session that it makes for a client that has none.</summary>
    public Claim? Claim { get; set; }

    /// <summary>Whether the request leaves the idle timeout alone, unless it changes the session.</summary>
    public bool IsPeek { get; set; }

    /// <summary>Whether the session is created even if nothing was set.</summary>
    public bool IsDemanded { get; set; }

    /// <summary>Whether the request renews its session, whether or not it has one: what it creates is the client's next.</summary>
    public bool IsSignIn { get; set; }

    /// <summary>Whether somebody has just signed in: the session that is created begins its age anew.</summary>
    public bool BeginsAnew { get; set; }

    /// <summary>When the expiry was last moved, in seconds since 1970.</summary>
    public long TouchedSeconds { get; set; }

    /// <summary>Whether the response has begun, so that nothing more can be committed ahead of it.</summary>
    public bool IsClosed { get; set; }

    /// <summary>The session's turn, when the request has it.</summary>
    public SessionTurn? Turn { get; set; }

    /// <summary>Whether a session is still to be deleted.</summary>
    public bool IsLeaving => leaving is not null;

    /// <summary>Whether the last commit that was put together has something of the session in it.</summary>
    public bool IsIncluded { get; private set; }

    /// <summary>The partition of the session, if the client has one or gets one with the commit.</summary>
    public int? Partition => (leaving?.Id ?? Stored?.Id ?? (IsToCreate ? EnsureNewId() : null)) is { } id ? client.Engine.Partitions.PartitionOf(id) : null;

    /// <summary>The session that the client has after the commit, with its birth unless that commit creates it; null when it has none.</summary>
    public (string Id, long? Birth)? Outcome => Stored is { } stored ? (stored.Id, stored.Birth) : IsToCreate ? (EnsureNewId(), null) : null;

    /// <summary>Whether the commit changes a session that keeps its id, so that each run of a keyed request comes to the same: also one that moves to the store.</summary>
    public bool IsUpdate => leaving is null && (Stored is not null || (Held is { } held && IsToCreate && EnsureNewId() == held.Id));

    /// <summary>Whether there is anything of the session to commit, touches aside.</summary>
    public bool HasCommit => leaving is not null || (Stored is not null ? view.HasChanges : IsToCreate);

    /// <summary>Whether nothing asks for what only a session in the store can do.</summary>
    public bool MayBeHeld => Stored is null && leaving is null && Gone is null && !IsDemanded && !IsSignIn && login.Current is null;

    private bool IsToCreate => !StaysHeld && (takesAlong || IsDemanded || view.HasSets || (Held is not null && view.HasChanges));

    /// <summary>The stored session is deleted with the commit, and what it held goes to its successor or nowhere.</summary>
    public void Leave(SessionReference stored, bool takeAlong)
    {
        leaving ??= stored;
        takesAlong = takeAlong;
        ending ??= services.Options.SessionEvents ? new SessionEnding(client.Engine.Partitions, leaving.Value.Id, login.OfSession) : null;
        ending?.Reason = takeAlong ? SessionEndReason.Renewed : SessionEndReason.SignedOut;
        Stored = null;

        // In the partition of the one that goes, so that both change in one commit.
        newId = IdIn(client.Engine.Partitions.PartitionOf(stored.Id));
    }

    /// <summary>Whether the session that the client holds is to move to the store under another id.</summary>
    public bool IsHeldRenewed => Held is not null && IsSignIn;

    /// <summary>The session that the client holds moves to the store, under another id.</summary>
    public void RenewHeld() => (newId, IsDemanded) = (null, true);

    /// <summary>The id that a session gets if this commit creates one: that of the one that the client holds; else where its predecessor or the turn was, beside its ticket or the claim on the request's key, or in any partition.</summary>
    public string EnsureNewId()
    {
        if (newId is null)
        {
            newId = Held is { } held && !IsSignIn && login.Current is null ? held.Id : IdIn(PartitionOfNew());
        }

        return newId;
    }

    /// <summary>The session begins with what the client's stock one holds, and is made even if nothing else changes; with none, there is nothing to begin with.</summary>
    public void Import(string id, IReadOnlyDictionary<string, ReadOnlyMemory<byte>>? fields)
    {
        Gone = new SessionReference(id, 0);
        if (fields is not null)
        {
            Held = new HeldSession(id, client.Engine.Options.Clock.GetUtcNow(), client.NowSeconds, fields);
            (view.Read, IsDemanded) = (Held.ToRecord(), true);
        }
    }

    /// <summary>The session that is left, or that the client holds, is ended after all and not renewed.</summary>
    public void TakeAlongNothing()
    {
        takesAlong = false;
        ending?.Reason = SessionEndReason.SignedOut;
        if (Held is not null)
        {
            (Held, newId) = (null, null);
        }
    }

    /// <summary>Tells the login of the session that the commit is going to create for it.</summary>
    public void MoveLogin()
    {
        if (Stored is null && IsToCreate)
        {
            login.MoveTo(EnsureNewId(), leaving?.Id);
        }
    }

    public void AddTo(CommitDraft draft)
    {
        (place, isTouch) = (NoPlace, false);
        if (leaving is { } old)
        {
            ending?.AddTo(draft);
            var deletion = RecordChange.Delete(SessionReference.AddressOf(old.Id));
            draft.Add(this, takesAlong ? deletion.When(Condition.BornAt(old.Birth)).When(Condition.RevisionIs(view.Read!.Revision)) : deletion);
            if (takesAlong)
            {
                draft.Add(this, SessionRenewal.Mark(old));
            }

            if (Claim is { Place.IsOfSession: false } claim)
            {
                KeyForwarding.AddTo(draft, this, client.Engine.Partitions, old.Id, claim);
            }
        }

        if (Stored is { } stored)
        {
            if (view.HasChanges)
            {
                var update = RecordChange.Update(view.Read!.Address).When(Condition.BornAt(stored.Birth));
                place = draft.Add(this, view.AddTo(update).ExpireAfter(ExpiryOf(view.Read!)));
            }
            else if (!draft.IsEmpty && !IsPeek && view.Read is { } read && services.Lifetime.IsTouchDue(read))
            {
                draft.Add(this, Touch(stored, read));
                isTouch = true;
            }
        }
        else if (IsToCreate)
        {
            if (Gone is { } gone)
            {
                AddGone(draft, gone);
            }

            AddTrace(draft);
            place = draft.Add(this, Creation());
        }

        IsIncluded = draft.Ends(this);
        if (!draft.IsEmpty)
        {
            Turn?.AddTo(draft);
        }
    }

    /// <summary>
    /// Adds what finds a conflict that is declared to be one, and a turn that was lost, ahead of commits that would go before the session's: what the changes rest
    /// on is still so.
    /// </summary>
    public void AddCheckTo(CommitDraft draft)
    {
        (place, isTouch) = (NoPlace, false);
        if (terms.Concurrency == SessionConcurrency.Detect && view.RestsOnRead && (Stored ?? (takesAlong ? leaving : null)) is { } expected)
        {
            draft.Add(this, view.AddConditionsTo(RecordChange.Keep(view.Read!.Address).When(Condition.BornAt(expected.Birth))));
        }

        Turn?.AddCheckTo(draft);
    }

    /// <summary>The expiry moved to where it belongs, if the session is still the one that the client has.</summary>
    public RecordChange Touch(SessionReference stored, Record read) =>
        RecordChange.Keep(read.Address).When(Condition.BornAt(stored.Birth)).ExpireAfter(ExpiryOf(read));

    public void Made(CommitResult result)
    {
        if (isTouch)
        {
            TouchedSeconds = client.NowSeconds;
            return;
        }

        services.Meter.Committed();
        if (place >= 0 && result.Records[place] is { } record)
        {
            if (Stored is null && leaving is null && (Held is null || Gone is not null))
            {
                services.Meter.SessionCreated();
            }

            (Stored, Held) = (new SessionReference(record.Address.Affinity, record.Birth), null);
            TouchedSeconds = client.NowSeconds;
        }

        view.Committed(place >= 0 ? result.Records[place] : null);
        (leaving, ending, takesAlong, IsDemanded, BeginsAnew, newId) = (null, null, false, false, false, null);
    }

    /// <exception cref="SessionEndedException">The session has ended meanwhile.</exception>
    /// <exception cref="RequestConflictException">Another request changed what this one read and set, and that is declared a conflict.</exception>
    public void Refused(Refusal refusal)
    {
        if (isTouch)
        {
            Stored = null;
        }
        else if (refusal.Current is { } current && IsOfThisSession(current))
        {
            Mend(refusal, current);
        }
        else if (Held is { } held && refusal.Current is { } moved && moved.Address == SessionReference.AddressOf(held.Id) && CanTakeOver(moved))
        {
            TakeOver(moved);
        }
        else
        {
            throw new SessionEndedException();
        }
    }

    /// <summary>Whether this is the session that the client holds, as a parallel request has moved it to the store.</summary>
    public bool CanTakeOver(Record moved) => services.Lifetime.IsAlive(moved) && SessionFields.LoginOf(moved) is null;

    /// <summary>A parallel request has moved the session that the client holds to the store: this request's changes go on top.</summary>
    private void TakeOver(Record moved)
    {
        var (stored, idOfSignIn) = (new SessionReference(moved.Address.Affinity, moved.Birth), newId);
        (Stored, Held, newId) = (stored, null, null);
        if (IsSignIn)
        {
            Leave(stored, takeAlong: true);
            newId = idOfSignIn;
        }

        Settle(view.Overwrite(moved));
    }

    /// <summary>
    /// A session that is renewed goes as it was read; if it has changed, the renewed one takes that along too. What rests on
    /// something that has changed overwrites it or not, as was declared.
    /// </summary>
    private void Mend(Refusal refusal, Record current)
    {
        if (!takesAlong && refusal.Condition.Kind is not (ConditionKind.FieldIs or ConditionKind.FieldAbsent))
        {
            throw new SessionEndedException();
        }

        Settle(view.Overwrite(current));
    }

    /// <summary>Does what was declared where changes rest on what another request has changed.</summary>
    private void Settle(List<string> overwritten)
    {
        if (overwritten.Count > 0 && terms.Concurrency == SessionConcurrency.Detect)
        {
            services.Meter.SessionConflict();
            throw new RequestConflictException("Another request has changed what this one read from the session and then set.");
        }

        CountOverwritten(overwritten);
    }

    private void CountOverwritten(List<string> keys)
    {
        foreach (var key in keys)
        {
            services.Meter.SessionConflict();
            services.Logger.KeyOverwritten(key);
        }
    }

    private bool IsOfThisSession(Record current) =>
        (takesAlong ? leaving : Stored) is { } expected
        && current.Birth == expected.Birth && current.Address == SessionReference.AddressOf(expected.Id);

    /// <summary>
    /// No session takes the place of one that was renewed just now. One that signs in is the client's next in any case; if it begins with a stock session, it is
    /// its renewal, unless a parallel request has moved that, which then is renewed.
    /// </summary>
    private void AddGone(CommitDraft draft, SessionReference gone)
    {
        if (!IsSignIn)
        {
            draft.Add(this, SessionRenewal.NotJustNow(gone));
        }
        else if (Held is not null)
        {
            draft.Add(this, RecordChange.Keep(SessionReference.AddressOf(gone.Id)).When(Condition.Absent));
            draft.Add(this, SessionRenewal.Mark(gone));
        }
    }

    private void AddTrace(CommitDraft draft)
    {
        if (services.Options.SessionEvents)
        {
            var id = EnsureNewId();
            draft.Add(this, SessionTrace.Creation(client.Engine.Partitions, id, login.Current, services.Options.SessionAbsoluteTimeout));
            draft.Add(id, SessionEventContent.Event(SessionEventContent.Created, SessionTrace.HandleOf(id), login.Current));
        }
    }

    private RecordChange Creation()
    {
        var taken = takesAlong || Held is not null ? view.Read : null;
        var created = taken is null || BeginsAnew ? client.Engine.Options.Clock.GetUtcNow() : SessionFields.CreatedOf(taken)!.Value;
        var creation = RecordChange.Update(SessionReference.AddressOf(EnsureNewId())).When(Condition.Absent);
        SessionFields.Begin(creation, taken, created, login.Current, Claim?.Place.Origin);
        return view.AddChangesTo(creation).ExpireAfter(services.Lifetime.Expiry(created));
    }

    private int PartitionOfNew() =>
        Turn is { } turn ? turn.Partition
        : Gone is { } gone ? client.Engine.Partitions.PartitionOf(gone.Id)
        : login.Partition ?? Claim?.Place.Partition ?? AnyPartition();

    private int AnyPartition()
    {
        Span<byte> random = stackalloc byte[4];
        client.Engine.Options.Entropy.Fill(random);
        return (int)(BitConverter.ToUInt32(random) % (uint)client.Engine.Partitions.Count);
    }

    private string IdIn(int partition) => client.Engine.Partitions.Pin(partition, client.Engine.Options.Entropy.NextText(IdBytes));

    private TimeSpan ExpiryOf(Record record) => services.Lifetime.Expiry(SessionFields.CreatedOf(record)!.Value);
}
