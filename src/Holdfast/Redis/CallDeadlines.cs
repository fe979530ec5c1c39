namespace Holdfast.Redis;

/// <summary>
/// The calls that somebody awaits, and an end to their waiting. All get the same time, so they are due in the order in which they
/// came: one timer, for the first, serves all of them, where a timer for each would cost about as much as the rest of a call.
/// </summary>
internal sealed class CallDeadlines : IDisposable
{
    private readonly LinkedList<StoreCall> awaited = new();
    private readonly Lock gate = new();
    private readonly StateEngineOptions options;
    private readonly int maxCalls;
    private readonly Action<StoreCall> giveUp;
    private readonly ITimer timer;
    private bool isSet;
    private bool isDisposed;

    /// <param name="options">Tell how long a call may take.</param>
    /// <param name="maxCalls">How many may be awaited at a time.</param>
    /// <param name="giveUp">Ends the waiting for a call whose time is over.</param>
    public CallDeadlines(StateEngineOptions options, int maxCalls, Action<StoreCall> giveUp)
    {
        (this.options, this.maxCalls, this.giveUp) = (options, maxCalls, giveUp);
        timer = options.Clock.CreateTimer(static state => ((CallDeadlines)state!).GiveUp(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The call is awaited from now on, until its time is over; false when too many are.</summary>
    public bool TryAdd(StoreCall call)
    {
        lock (gate)
        {
            if (awaited.Count == maxCalls)
            {
                return false;
            }

            call.ExpiresAt = options.Clock.GetTimestamp() + (long)(options.CommitTimeout.TotalSeconds * options.Clock.TimestampFrequency);
            call.Place = awaited.AddLast(call);
            if (!isSet)
            {
                Set(options.CommitTimeout);
            }

            return true;
        }
    }

    /// <summary>Nobody awaits the call any more.</summary>
    public void Remove(StoreCall call)
    {
        lock (gate)
        {
            if (call.Place is { List: not null } place)
            {
                awaited.Remove(place);
            }
        }
    }

    /// <summary>Ends once nobody waits any more: no call is left without an end.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            isDisposed = true;
            EndIfIdle();
        }
    }

    private void GiveUp()
    {
        while (TakeOverdue() is { } call)
        {
            giveUp(call);
        }
    }

    // The next to be given up; or null, and the timer set for the first of those that are left.
    private StoreCall? TakeOverdue()
    {
        lock (gate)
        {
            isSet = false;
            if (awaited.First is not { } first)
            {
                EndIfIdle();
                return null;
            }

            var left = first.Value.ExpiresAt - options.Clock.GetTimestamp();
            if (left <= 0)
            {
                awaited.RemoveFirst();
                return first.Value;
            }

            // Timers count whole milliseconds, and one that came too early would be set again and again.
            Set(TimeSpan.FromMilliseconds(Math.Ceiling(1000.0 * left / options.Clock.TimestampFrequency)));
            return null;
        }
    }

    private void EndIfIdle()
    {
        if (isDisposed && awaited.Count == 0)
        {
            timer.Dispose();
        }
    }

    private void Set(TimeSpan due)
    {
        isSet = true;
        timer.Change(due, Timeout.InfiniteTimeSpan);
    }
}
