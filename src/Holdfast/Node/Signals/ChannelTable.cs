namespace Holdfast.Node;

/// <summary>
/// Which connections listen to which channels, and to which patterns of channels. The table's lock comes before a
/// session's gate.
/// </summary>
internal sealed class ChannelTable
{
    private readonly Lock gate = new();
    private readonly Dictionary<ChannelName, HashSet<Session>> listeners = [];
    private readonly Dictionary<ChannelName, PatternListeners> patterns = [];

    /// <summary>How many channels are listened to by name.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return listeners.Count;
            }
        }
    }

    /// <summary>How many patterns are listened to.</summary>
    public int PatternCount
    {
        get
        {
            lock (gate)
            {
                return patterns.Count;
            }
        }
    }

    /// <summary>Adds the listener, and confirms it to it in order with the messages.</summary>
    public void Enter(Session session, ChannelName channel, Action confirm)
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

    /// <summary>Adds the listener to all channels that match the pattern, and confirms it.</summary>
    public void EnterPattern(Session session, ChannelName pattern, Action confirm)
    {
        lock (gate)
        {
            if (!patterns.TryGetValue(pattern, out var matching))
            {
                patterns.Add(pattern, matching = new PatternListeners(new Glob(pattern.Bytes), []));
            }

            matching.Sessions.Add(session);
            confirm();
        }
    }

    public void Leave(Session session, ChannelName channel)
    {
        lock (gate)
        {
            if (listeners.TryGetValue(channel, out var sessions) && sessions.Remove(session) && sessions.Count == 0)
            {
                listeners.Remove(channel);
            }
        }
    }

    public void LeavePattern(Session session, ChannelName pattern)
    {
        lock (gate)
        {
            if (patterns.TryGetValue(pattern, out var matching) && matching.Sessions.Remove(session) && matching.Sessions.Count == 0)
            {
                patterns.Remove(pattern);
            }
        }
    }

    public void Leave(Session session)
    {
        foreach (var channel in session.Channels)
        {
            Leave(session, channel);
        }

        foreach (var pattern in session.Patterns)
        {
            LeavePattern(session, pattern);
        }

        session.Channels.Clear();
        session.Patterns.Clear();
    }

    /// <summary>How many would be sent a message.</summary>
    public int CountOf(ChannelName channel)
    {
        lock (gate)
        {
            var count = listeners.TryGetValue(channel, out var sessions) ? sessions.Count : 0;
            foreach (var matching in patterns.Values)
            {
                count += matching.Glob.Matches(channel.Bytes) ? matching.Sessions.Count : 0;
            }

            return count;
        }
    }

    /// <summary>Sends to everyone who listens now; answers to how many.</summary>
    public int Publish(ChannelName channel, ReadOnlySpan<byte> payload)
    {
        lock (gate)
        {
            var count = 0;
            if (listeners.TryGetValue(channel, out var sessions))
            {
                count += sessions.Count;
                Send(sessions, null, channel, payload);
            }

            foreach (var (pattern, matching) in patterns)
            {
                if (matching.Glob.Matches(channel.Bytes))
                {
                    count += matching.Sessions.Count;
                    Send(matching.Sessions, pattern, channel, payload);
                }
            }

            return count;
        }
    }

    private static void Send(HashSet<Session> sessions, ChannelName? pattern, ChannelName channel, ReadOnlySpan<byte> payload)
    {
        var message = new ReplyBuffer();
        foreach (var protocol in (ReadOnlySpan<int>)[2, 3])
        {
            message.Clear();
            message.Protocol = protocol;
            message.Push(pattern is null ? 3 : 4);
            message.Bulk(pattern is null ? "message"u8 : "pmessage"u8);
            if (pattern is { } matched)
            {
                message.Bulk(matched.Bytes);
            }

            message.Bulk(channel.Bytes);
            message.Bulk(payload);
            foreach (var session in sessions)
            {
                if (session.Protocol == protocol)
                {
                    session.Output.Push(message.Written);
                }
            }
        }
    }

    private sealed record PatternListeners(Glob Glob, HashSet<Session> Sessions);
}
