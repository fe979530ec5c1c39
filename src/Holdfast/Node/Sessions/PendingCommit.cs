namespace Holdfast.Node;

/// <summary>A commit that a connection has under way. The engine hands it back as the origin of what the commit changed.</summary>
internal sealed class PendingCommit(Session session, Lane lane, WaitingCommand waiting)
{
    public Session Session => session;

    public Lane Lane => lane;

    public CommandSpec Spec => waiting.Spec;

    public Command Command => waiting.Command;

    public ReplySlot Slot => waiting.Slot;

    /// <summary>When it may be answered, if <see cref="AnswerOnce"/> said so.</summary>
    public Task? Durable { get; private set; }

    /// <summary>Writes the reply then.</summary>
    public Action? Answer { get; private set; }

    public ReplyBuffer Reply { get; } = new() { Protocol = session.Protocol };

    /// <summary>
    /// Records of the reply that the engine read rather than changed, as in a refusal. If one was told of as changed
    /// since, it is told once more behind the reply, which may be older.
    /// </summary>
    public List<TrackedKey> Read { get; } = [];

    /// <summary>The argument, as a plain key.</summary>
    /// <exception cref="WireArgumentException">It is a key of Holdfast's own.</exception>
    public PlainKey Key(int index = 1) =>
        PlainKey.IsOwn(Command[index]) ? throw new WireArgumentException(PlainKey.OwnKeysRefusal) : new PlainKey(Command.Memory(index));

    /// <summary>Answers the error; nothing is committed.</summary>
    public ValueTask Refuse(string error)
    {
        Reply.Error(error);
        return ValueTask.CompletedTask;
    }

    /// <summary>Has the reply written once the task has ended, together with those of other commits that wait for it.</summary>
    public ValueTask AnswerOnce(Task durable, Action answer)
    {
        (Durable, Answer) = (durable, answer);
        return ValueTask.CompletedTask;
    }

    /// <summary>The commit is visible from now on: what is told of later moments goes behind its reply.</summary>
    public void Settle()
    {
        lock (Session.Output.Gate)
        {
            Slot.IsSettled = true;
        }
    }
}
