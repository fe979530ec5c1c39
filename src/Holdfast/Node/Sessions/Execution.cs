namespace Holdfast.Node;

/// <summary>One run of a command that ends at once: its reply, and the keys that it read.</summary>
internal sealed class Execution(Session session)
{
    public Session Session => session;

    public StateNode Node => session.Node;

    public ReplyBuffer Reply { get; } = new() { MaxBytes = session.Node.Options.MaxQueuedBytesPerClient };

    public List<TrackedKey> Read { get; } = [];

    /// <summary>Notes that the key is about to be read, so that its next change is told.</summary>
    public void Track(in TrackedKey key)
    {
        if (session.Tracked.IsOn)
        {
            session.Tracked.Track(key);
            Read.Add(key);
        }
    }

    public void Begin()
    {
        Reply.Clear();
        Reply.Protocol = session.Protocol;
        Read.Clear();
    }
}
