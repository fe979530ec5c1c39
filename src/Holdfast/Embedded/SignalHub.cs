namespace Holdfast.Embedded;

/// <summary>Who listens on which channel in this process.</summary>
internal sealed class SignalHub
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, List<SignalSubscription>> channels = new(StringComparer.Ordinal);
    private Action<string, ReadOnlyMemory<byte>>? observer;
    private bool isEnded;

    /// <summary>Who hears of every signal, in the order in which listeners do; it must not block, throw or send.</summary>
    public void Observe(Action<string, ReadOnlyMemory<byte>>? next)
    {
        lock (gate)
        {
            observer = next;
        }
    }

    /// <summary>Hands the payload to every listener and tells how many there were.</summary>
    public int Send(string channel, ReadOnlySpan<byte> payload)
    {
        lock (gate)
        {
            observer?.Invoke(channel, payload.ToArray());
            if (!channels.TryGetValue(channel, out var listeners))
            {
                return 0;
            }

            var copy = payload.ToArray();
            foreach (var listener in listeners)
            {
                listener.Deliver(copy);
            }

            return listeners.Count;
        }
    }

    /// <exception cref="StateUnavailableException">The engine was disposed, so that nobody would end the subscription.</exception>
    public SignalSubscription Listen(string channel)
    {
        var subscription = new SignalSubscription(channel, Remove);
        lock (gate)
        {
            if (isEnded)
            {
                throw new StateUnavailableException("The engine was disposed.");
            }

            if (!channels.TryGetValue(channel, out var listeners))
            {
                channels.Add(channel, listeners = []);
            }

            listeners.Add(subscription);
        }

        return subscription;
    }

    /// <summary>Ends every subscription; there are no more from now on.</summary>
    public async ValueTask EndAllAsync()
    {
        List<SignalSubscription> all = [];
        lock (gate)
        {
            isEnded = true;
            foreach (var listeners in channels.Values)
            {
                all.AddRange(listeners);
            }
        }

        foreach (var subscription in all)
        {
            await subscription.DisposeAsync().ConfigureAwait(false);
        }
    }

    private ValueTask Remove(SignalSubscription subscription)
    {
        lock (gate)
        {
            if (channels.TryGetValue(subscription.Channel, out var listeners) && listeners.Remove(subscription) && listeners.Count == 0)
            {
                channels.Remove(subscription.Channel);
            }
        }

        return ValueTask.CompletedTask;
    }
}
