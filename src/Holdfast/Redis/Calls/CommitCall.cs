using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>
/// <c>hf1_commit</c> or <c>hf1_remove</c>. Carries the client and a sequence number, under which the store remembers
/// that it was made: sent again on the next connection, it takes effect once.
/// </summary>
internal sealed class CommitCall : AwaitedCall<CommitResult>
{
    private readonly StoreView view;
    private readonly Commit commit;
    private readonly string? fingerprint;
    private readonly bool removes;
    private readonly SequenceWindow window;
    private readonly StoreRoutes routes;
    private HeldRecord?[]? held;
    private int hasSettled;
    private bool isIncomplete;
    private bool wasWritten;
    private bool isKept;
    private long sequence;

    /// <summary>Prepares the call.</summary>
    /// <param name="view">What its reply is told to.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="commit">The commit, checked.</param>
    /// <param name="window">Where it gets its number.</param>
    /// <param name="routes">By which the commit that gets the number's slot after it is sent.</param>
    public CommitCall(StoreView view, int partition, Commit commit, SequenceWindow window, StoreRoutes routes)
    {
        (this.view, Partition, this.commit, this.window, this.routes) = (view, partition, commit, window, routes);
        fingerprint = CommitWire.FingerprintOf(commit);
        removes = CommitWire.OnlyRemoves(commit);
    }

    /// <summary>The number under which the store remembers it; 0 until it has one.</summary>
    public long Sequence
    {
        get => Volatile.Read(ref sequence);
        set => Volatile.Write(ref sequence, value);
    }

    /// <summary>Whether it has left its <see cref="SequenceWindow"/>, whose lock guards this.</summary>
    public bool HasLeft { get; set; }

    /// <summary>Whether it was sent and its whole answer did not come, as on a connection that was lost: it may have been made.</summary>
    public bool IsUncertain { get; private set; }

    /// <summary>Where it waits for its number, guarded like <see cref="HasLeft"/>; null when it does not.</summary>
    public LinkedListNode<CommitCall>? Place { get; set; }

    /// <summary>Once it has its number it goes on. Until then nothing limits how many wait but that each has a caller.</summary>
    protected override bool CanBeDropped => Sequence == 0;

    public override bool TryEnter() => window.TryEnter(this);

    public override void Write(RespWriter writer, ServerProfile server)
    {
        held = HeldOf(view, commit);
        var keys = 3 + (commit.Request is null ? 0 : 1) + commit.Changes.Count;
        writer.Command(3 + keys + (fingerprint is null ? 3 : 5) + CommitWire.PartsOf(commit, held));
        writer.Bulk("FCALL"u8);
        writer.Bulk(removes ? "hf1_remove"u8 : "hf1_commit"u8);
        writer.Bulk(keys);
        WriteKeys(writer);
        writer.Bulk(server.Tenure);
        isKept = window.IsKept(view.Clock, ExpiresAt);
        CommitWire.WriteMarks(writer, commit.Durability, fingerprint is not null, IsFirst(server), isKept);
        writer.Bulk(Sequence);
        if (commit.Request is { } request)
        {
            writer.Bulk(fingerprint!);
            writer.Bulk((long)request.Window.TotalMilliseconds);
        }

        CommitWire.Write(writer, commit, held);
        wasWritten = true;
    }

    public override ReplyVerdict Read(ref RespReader reader, ServerProfile server)
    {
        reader.ReadCount(3);
        var outcome = reader.ReadString();
        var at = new Stamp(Partition, reader.ReadInteger(), reader.ReadInteger());
        var result = outcome switch
        {
            "ok" => new CommitResult(at, ReadRecords(ref reader, at), isReplay: false),
            "repeat" => new CommitResult(at, ReadRecords(ref reader, null), isReplay: false),
            "replay" => new CommitResult(at, ReadRecords(ref reader, null), isReplay: true),
            "refused" => new CommitResult(at, ReadRefusal(ref reader, at)),
            "different" => new CommitResult(at, refusal: null),
            _ => throw new RespFormatException($"A commit is not answered with '{outcome}'."),
        };
        view.Saw(this, at, isNow: outcome is "ok" or "refused");
        if (outcome == "ok")
        {
            window.Made(at.Term, isKept ? null : SentAt);
        }

        if (isIncomplete)
        {
            // It was made, and the store tells that, and the records, to who sends it again.
            (isIncomplete, IsUncertain) = (false, true);
            return ReplyVerdict.Incomplete;
        }

        Settle();
        Succeed(result);
        return ReplyVerdict.Settled;
    }

    public override bool TryTakeError(ErrorReply error)
    {
        // By these the store has done nothing yet; the others may have come after it has read.
        if (!error.IsTransient && !error.IsRedirect && !error.IsFunctionMissing)
        {
            AskForWatched(commit.Changes.Count);
        }

        return base.TryTakeError(error);
    }

    public override void OnLost() => IsUncertain = true;

    public override void Fail(StateException fault)
    {
        Settle();
        base.Fail(IsUncertain && fault is not CommitUnknownException
            ? new CommitUnknownException($"The commit was sent, its whole answer did not come, and then: {fault.Message}", fault)
            : fault);
    }

    /// <summary>Whether the store may take our word that it has never seen the commit: only if no older connection can bring it later than this one.</summary>
    private bool IsFirst(ServerProfile server) => !wasWritten && routes.IsOneServer && server.ConnectionId != 0;

    private void Settle()
    {
        if (Interlocked.Exchange(ref hasSettled, 1) == 0 && window.Leave(this) is { } next)
        {
            window.Send(next, routes.Submit);
        }
    }

    // The function has read records that its answer says nothing of. One that had expired the store removed then, and with NOLOOP
    // it does not tell this connection, whose watches want to know.
    private void AskForWatched(int changes)
    {
        for (var i = 0; i < changes; i++)
        {
            var address = commit.Changes[i].Address;
            if (view.Watches.MayBeGone(Partition, address))
            {
                routes.Submit(new WatchCall(view, Partition, address.ToString(), WatchReason.MayBeGone) { ExpiresAt = ExpiresAt });
            }
        }
    }

    private void WriteKeys(RespWriter writer)
    {
        view.Keys.Write(writer, Partition, StoreKeys.Head);
        view.Keys.Write(writer, Partition, StoreKeys.Journal);
        view.Keys.Write(writer, Partition, view.ClientKey);
        if (commit.Request is { } request)
        {
            view.Keys.Write(writer, Partition, StoreKeys.Request(request));
        }

        for (var i = 0; i < commit.Changes.Count; i++)
        {
            view.Keys.Write(writer, Partition, commit.Changes[i].Address.ToString());
        }
    }

    /// <param name="reader">The reply, at its records.</param>
    /// <param name="at">The moment at which the records are as they are told; null for a replay, which tells the first time's moment and the records as they are now.</param>
    private Record?[] ReadRecords(ref RespReader reader, Stamp? at)
    {
        reader.ReadCount(commit.Changes.Count);
        var records = new Record?[commit.Changes.Count];
        for (var i = 0; i < records.Length; i++)
        {
            var change = commit.Changes[i];
            var reply = RecordReply.Read(ref reader);
            records[i] = change.Kind == ChangeKind.Keep ? null : RecordOf(i, reply, at);
            if (at is not { } moment || (records[i] is null && reply.IsAsHeld))
            {
                view.Cache.Drop(change.Address);
            }
            else if (reply.Exists && change.Kind == ChangeKind.Keep)
            {
                view.Kept(this, moment, change.Address, reply);
            }
            else
            {
                view.Told(this, moment, change.Address, records[i]);
            }

            view.Watches.Saw(Partition, change.Address, reply.Exists);

            // With NOLOOP the store pushes nothing to who made the change, and the watches of this process want to know.
            if (change.Kind != ChangeKind.Keep || !change.Expiry.IsUnchanged)
            {
                view.Watches.Pulse(Partition, change.Address.ToString());
            }
        }

        if (commit.ChangesRevision)
        {
            view.Watches.Pulse(Partition, StoreKeys.Head);
        }

        return records;
    }

    /// <summary>The record after the change, made of the one that is held if the store found that one; null too if that can't be.</summary>
    private Record? RecordOf(int index, in RecordReply reply, Stamp? at)
    {
        if (!reply.IsAsHeld || held?[index] is not { } before || at is not { } moment)
        {
            return reply.ToRecord(commit.Changes[index].Address, SentAt, view.Clock);
        }

        var after = before.IsStillIn(view.Cache) ? before.TryAfter(moment.Revision, reply.DeadlineAt(SentAt, view.Clock)) : null;

        // In this order: who cancelled the commit may have other bytes where its values were.
        if (IsSettled)
        {
            return null;
        }

        isIncomplete |= after is null;
        return after;
    }

    /// <summary>Looked for each time that it is sent: what the near cache has forgotten since is not held any more.</summary>
    private static HeldRecord?[]? HeldOf(StoreView view, Commit commit)
    {
        HeldRecord?[]? held = null;
        for (var i = 0; view.Cache.IsEnabled && i < commit.Changes.Count; i++)
        {
            if (HeldRecord.Of(view.Cache, commit.Changes[i]) is { } record)
            {
                (held ??= new HeldRecord?[commit.Changes.Count])[i] = record;
            }
        }

        return held;
    }

    private Refusal ReadRefusal(ref RespReader reader, Stamp at)
    {
        var index = checked((int)reader.ReadInteger());
        var change = commit.Changes[index];
        var condition = change.Conditions[checked((int)reader.ReadInteger())];
        var current = RecordReply.Read(ref reader).ToRecord(change.Address, SentAt, view.Clock);
        view.Told(this, at, change.Address, current);
        AskForWatched(index);
        return new Refusal(index, condition, current);
    }
}
