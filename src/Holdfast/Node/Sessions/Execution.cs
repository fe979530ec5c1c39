namespace Holdfast.Node;

/// <summary>One run of a command that ends at once: its reply, and the keys that it read.</summary>
internal sealed class Execution(Session session)
{
    private const int MaxGatheredBytes = 16 << 10;

    private bool isGathering;
    private int found;
    private int absent;
    private CommandSpec? called;
    private int calls;

    public Session Session => session;

    public StateNode Node => session.Node;

    public ReplyBuffer Reply { get; } = new() { MaxBytes = session.Node.Options.MaxQueuedBytesPerClient };

    public List<TrackedKey> Read { get; } = [];

    /// <summary>Notes whether a command has found the key that it read.</summary>
    public void Note(bool wasFound)
    {
        found += wasFound ? 1 : 0;
        absent += wasFound ? 0 : 1;
    }

    /// <summary>Notes that a command was called.</summary>
    public void CountCall(CommandSpec spec, int times = 1)
    {
        if (called != spec)
        {
            TellCalls();
            called = spec;
        }

        calls += times;
    }

    /// <summary>Tells the node what was noted.</summary>
    public void Count()
    {
        TellCalls();
        session.Node.Figures.CountLookUps(found, absent);
        (found, absent) = (0, 0);
    }

    /// <summary>Notes that the key is about to be read, so that its next change is told.</summary>
    public void Track(in TrackedKey key)
    {
        if (session.Tracked.IsOn)
        {
            session.Tracked.Track(key);
            Read.Add(key);
        }
    }

    /// <summary>The command's key, if it is of one key.</summary>
    public CommandKey First { get; set; } = new(session.Node);

    /// <summary>Begins a reply behind those that were gathered; tells where.</summary>
    public int Gather()
    {
        if (Reply.Length > MaxGatheredBytes)
        {
            Settle();
        }

        if (!isGathering)
        {
            Begin();
            isGathering = true;
        }

        return Reply.Length;
    }

    /// <summary>Puts the replies that were gathered into their place. Until then nothing else may be put there.</summary>
    public void Settle()
    {
        if (isGathering)
        {
            isGathering = false;
            session.Output.Append(Reply.Written);
            Reply.Clear();
        }
    }

    public void Begin()
    {
        Settle();
        Reply.Clear();
        Reply.Protocol = session.Protocol;
        Read.Clear();
    }

    private void TellCalls()
    {
        if (calls > 0)
        {
            session.Node.Figures.CountCalls(called!.Place, calls);
            calls = 0;
        }
    }
}
