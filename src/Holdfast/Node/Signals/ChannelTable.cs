namespace Holdfast.Node;

/// <summary>Which connections listen to which channels. The table's lock comes before a session's gate.</summary>
internal sealed class ChannelTable
{
    /// <summary>What the channel of a signal begins with (docs/wire.md, Keys).</summary>
    public const string SignalPrefix = "hf:signal:";

    private readonly Lock gate = new();
    private readonly Dictionary<string, HashSet<Session>> listeners = [];

    /// <summary>Adds the listener, and confirms it to it in order with the messages.</summary>
    public void Enter(Session session, string channel, Action confirm)
    {
        lock (gate)
        {
            if (!listeners.TryGetValue(channel, out var sessions))
            {
                listeners.Add(channel, sessions = []);
            }

            sessions.Add(session);
            confirm();
        }
    }

    public void Leave(Session session, string channel)
    {
        lock (gate)
        {
            if (listeners.TryGetValue(channel, out var sessions) && sessions.Remove(session) && sessions.Count == 0)
            {
                listeners.Remove(channel);
            }
        }
    }

    public void Leave(Session session)
    {
        foreach (var channel in session.Channels)
        {
            Leave(session, channel);
        }

        session.Channels.Clear();
    }

    public int CountOf(string channel)
    {
        lock (gate)
        {
            return listeners.TryGetValue(channel, out var sessions) ? sessions.Count : 0;
        }
    }

    /// <summary>Sends to everyone who listens now; answers to how many.</summary>
    public int Publish(string channel, ReadOnlySpan<byte> payload)
    {
        lock (gate)
        {
            if (!listeners.TryGetValue(channel, out var sessions))
            {
                return 0;
            }

            var message = new ReplyBuffer();
            foreach (var protocol in (ReadOnlySpan<int>)[2, 3])
            {
                message.Clear();
                message.Protocol = protocol;
                message.Push(3);
                message.Bulk("message"u8);
                message.Bulk(channel);
                message.Bulk(payload);
                foreach (var session in sessions)
                {
                    if (session.Protocol == protocol)
                    {
                        session.Output.Append(message.Written);
                        session.Output.FlushSoon();
                    }
                }
            }

            return sessions.Count;
        }
    }
}
