namespace Holdfast.Redis;

/// <summary>Who listens on which channel, by the channel's name in the store.</summary>
internal sealed class SignalTable
{
    private readonly Dictionary<string, List<SignalSubscription>> channels = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    /// <summary>Adds a listener, and subscribes in the same step so that the store sees the order that is seen here.</summary>
    public void Add(string channel, SignalSubscription subscription, Action subscribe)
    {
        lock (gate)
        {
            if (!channels.TryGetValue(channel, out var listeners))
            {
                channels[channel] = listeners = [];
            }

            listeners.Add(subscription);
            subscribe();
        }
    }

    /// <summary>Takes a listener out, and unsubscribes with the last.</summary>
    public void Remove(string channel, SignalSubscription subscription, Action unsubscribe)
    {
        lock (gate)
        {
            if (channels.TryGetValue(channel, out var listeners) && listeners.Remove(subscription) && listeners.Count == 0)
            {
                channels.Remove(channel);
                unsubscribe();
            }
        }
    }

    /// <summary>Hands a signal to all who listen.</summary>
    public void Deliver(string channel, ReadOnlySpan<byte> payload)
    {
        lock (gate)
        {
            if (channels.TryGetValue(channel, out var listeners))
            {
                foreach (var listener in listeners)
                {
                    listener.Deliver(payload.ToArray());
                }
            }
        }
    }

    public IReadOnlyList<string> Channels()
    {
        lock (gate)
        {
            return [.. channels.Keys];
        }
    }

    public IReadOnlyList<SignalSubscription> All()
    {
        lock (gate)
        {
            return [.. channels.Values.SelectMany(static listeners => listeners)];
        }
    }
}
