namespace Holdfast.Node;

/// <summary>
/// A commit that a connection has under way. The engine hands it back as the origin of what the commit changed; without that it can be
/// begun anew as soon as it is decided.
/// </summary>
internal sealed class PendingCommit(Session session)
{
    private CommandKey? first;
    private ReplyBuffer? reply;
    private Lane? lane;
    private CommandSpec? spec;

    public Session Session => session;

    /// <summary>What the connection has under way in the partition.</summary>
    public Lane Lane => lane!;

    public CommandSpec Spec => spec!;

    /// <summary>The command; it may point into the connection's input, and then only until the commit is decided.</summary>
    public Command Command { get; private set; }

    /// <summary>What the engine is to hand back with what the commit changed: nothing, if the connection is told of no changes.</summary>
    public PendingCommit? Origin => session.Tracked.IsOn ? this : null;

    /// <summary>Where the reply goes; null until it shares the place of others that are answered at the same moment.</summary>
    public ReplySlot? Slot { get; set; }

    /// <summary>When the reply may go out, if <see cref="AnswerOnce"/> said so: what it tells is written by then.</summary>
    public Task? Durable { get; private set; }

    /// <summary>The reply, while it is written.</summary>
    public ReplyBuffer Reply
    {
        get => reply ??= new ReplyBuffer { Protocol = session.Protocol };
        set => reply = value;
    }

    /// <summary>
    /// Records of the reply that the engine read rather than changed, as in a refusal. If one was told of as changed
    /// since, it is told once more behind the reply, which may be older.
    /// </summary>
    public List<TrackedKey>? Read { get; private set; }

    /// <summary>Begins with a command.</summary>
    /// <param name="place">What the connection has under way in the partition.</param>
    /// <param name="specification">The command's specification.</param>
    /// <param name="of">The command.</param>
    /// <param name="key">Its key, if it is of one key; it is used until the commit is decided.</param>
    /// <param name="slot">Where the reply goes, if that is known.</param>
    public void Begin(Lane place, CommandSpec specification, in Command of, CommandKey key, ReplySlot? slot)
    {
        Forget();
        (lane, spec, Command, first, Slot) = (place, specification, of, key, slot);
    }

    /// <summary>Its key, if it is of one key and that is spelt by the record's address. Until the commit is decided.</summary>
    public CommandKey? SpeltKey => first is { IsSpelt: true } key ? key : null;

    /// <summary>The argument, as a plain key.</summary>
    /// <exception cref="WireArgumentException">It is a key of Holdfast's own.</exception>
    public PlainKey Key(int index = 1) =>
        index == 1 && first is { Kind: WireKeyKind.Plain } key ? new PlainKey(Command.Memory(1), key.Parsed.Address)
        : PlainKey.IsOwn(Command[index]) ? throw new WireArgumentException(PlainKey.OwnKeysRefusal)
        : new PlainKey(Command.Memory(index));

    /// <summary>Lets everything go that it took from the connection.</summary>
    public void Forget() => (lane, spec, Command, first, Slot, reply, Durable, Read) = (null, null, default, null, null, null, null, null);

    /// <summary>Notes a record that the reply tells and the commit did not change.</summary>
    public void HasRead(in TrackedKey key) => (Read ??= []).Add(key);

    /// <summary>Answers the error; nothing is committed.</summary>
    public ValueTask Refuse(string error)
    {
        Reply.Error(error);
        return ValueTask.CompletedTask;
    }

    /// <summary>Has the reply, which is written, go out once the task has ended, together with those of other commits that wait for it.</summary>
    public ValueTask AnswerOnce(Task durable)
    {
        Durable = durable;
        return ValueTask.CompletedTask;
    }

    /// <summary>Puts the reply into the place, behind those that it holds already. Called under the gate.</summary>
    public CommitUnderWay PutReply(ReplySlot place)
    {
        Slot = place;
        var underWay = new CommitUnderWay(Lane, Command.Bytes, Read, place, place.Length, Reply.Length);
        session.Output.Timeline.Hold(place, Reply.Written);
        return underWay;
    }

    /// <summary>What leaves the lane when the commit was answered.</summary>
    public CommitUnderWay UnderWay() => new(Lane, Command.Bytes, Read, Slot, 0, Reply.Length);

    /// <summary>The commit is visible from now on: what is told of later moments goes behind its reply.</summary>
    public void Settle()
    {
        lock (session.Output.Gate)
        {
            if (Slot is not null)
            {
                Slot.IsSettled = true;
            }
        }
    }
}
