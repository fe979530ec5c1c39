namespace Holdfast.Gateway.Overload;

/// <summary>
/// Those who wait for a service, first come, first served. A burst may wait, since it is worked off. A line that does not come to rest is no burst
/// but too much, and waiting in it helps nobody, as the service does not do more by it (Nichols and Jacobson, "Controlling Queue Delay", 2012): then
/// the line is kept short, and who has waited longer is told to come again. It has come to rest when it is empty, or the next one has hardly waited.
/// </summary>
/// <remarks>Not synchronised: the owner's lock guards it.</remarks>
internal sealed class WaitingLine(TimeProvider clock)
{
    private readonly LinkedList<Waiter> waiters = new();
    private long restedAt = clock.GetTimestamp();
    private long refusedAt = clock.GetTimestamp();
    private long heldAt = clock.GetTimestamp();

    public int Count => waiters.Count;

    /// <summary>Whether it has not come to rest for longer than a burst takes. It ends with a rest after some time in which nobody was turned away.</summary>
    public bool IsStanding { get; private set; }

    /// <summary>The longest time that one waits while it stands, and has hardly waited by.</summary>
    public TimeSpan ShortWait { get; set; } = GatewayLimits.MaxQueueTime * 2;

    /// <summary>How long the next one has waited in all; zero when nobody waits.</summary>
    public TimeSpan FirstWaited => waiters.First is { } first ? clock.GetElapsedTime(first.Value.Since) : TimeSpan.Zero;

    /// <summary>Lines up with some patience, if fewer than so many wait; null otherwise.</summary>
    public Waiter? TryAdd(int most, TimeSpan patience)
    {
        if (waiters.Count >= most)
        {
            refusedAt = clock.GetTimestamp();
            return null;
        }

        if (waiters.Count == 0)
        {
            restedAt = clock.GetTimestamp();
        }

        var waiter = new Waiter(clock.GetTimestamp(), patience);
        waiters.AddLast(waiter.Node);
        return waiter;
    }

    /// <summary>Takes out who is next; null when nobody waits.</summary>
    public Waiter? TakeFirst()
    {
        if (waiters.First is not { } first)
        {
            return null;
        }

        if (FirstWaited <= ShortWait)
        {
            Rest();
        }

        waiters.RemoveFirst();
        return first.Value;
    }

    /// <summary>Takes out one whose patience is at its end, wherever it stands; null when nobody's is.</summary>
    public Waiter? TakeLate()
    {
        for (var node = waiters.First; node is not null; node = node.Next)
        {
            if (clock.GetElapsedTime(node.Value.Since) >= node.Value.Patience)
            {
                waiters.Remove(node);
                return node.Value;
            }
        }

        return null;
    }

    /// <summary>Takes one out who has gone away. False when it was let in or turned away before.</summary>
    public bool Remove(Waiter waiter)
    {
        if (waiter.Node.List is null)
        {
            return false;
        }

        waiters.Remove(waiter.Node);
        return true;
    }

    /// <summary>Turns away who has waited too long.</summary>
    /// <param name="areFew">Whether so few are there, those at work included, that nobody is turned away unless it stands already.</param>
    public void Shed(bool areFew)
    {
        if (waiters.Count == 0)
        {
            Rest();
        }
        else if (!areFew && clock.GetElapsedTime(restedAt) >= GatewayLimits.LongestBurst)
        {
            IsStanding = true;
        }

        var longest = IsStanding ? ShortWait : areFew ? TimeSpan.MaxValue : GatewayLimits.MaxQueueTime * 2;
        while (waiters.First is { } first && Waited(first.Value) >= longest)
        {
            waiters.RemoveFirst();
            refusedAt = clock.GetTimestamp();
            first.Value.Answer(null);
        }
    }

    /// <summary>There is nothing to wait in line for, which is not the fault of those who wait: until now none of them has waited.</summary>
    public void Hold()
    {
        heldAt = clock.GetTimestamp();
        Rest();
    }

    private TimeSpan Waited(Waiter waiter) => clock.GetElapsedTime(Math.Max(waiter.Since, heldAt));

    private void Rest()
    {
        restedAt = clock.GetTimestamp();
        IsStanding &= clock.GetElapsedTime(refusedAt) < GatewayLimits.MaxQueueTime;
    }
}
