namespace Holdfast.Redis;

/// <summary>
/// The calls that somebody awaits, and an end to their waiting. All get the same time, so they are due in the order in which they
/// came: one timer, for the first, serves all of them, where a timer for each would cost about as much as the rest of a call. They are a list
/// by themselves.
/// </summary>
internal sealed class CallDeadlines : IDisposable
{
    private readonly Lock gate = new();
    private readonly StateEngineOptions options;
    private readonly int maxCalls;
    private readonly Action<StoreCall> giveUp;
    private readonly ITimer timer;
    private StoreCall? first;
    private StoreCall? last;
    private int count;
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
            if (count == maxCalls)
            {
                return false;
            }

            call.ExpiresAt = options.CommitDeadline();
            Append(call);
            if (!isSet)
            {
                Set(options.CommitTimeout);
            }

            return true;
        }
    }

    /// <summary>Submits a call that was added, and awaits it: its result, its fault, the end of its time or the caller's cancellation.</summary>
    public async ValueTask<T> AwaitAsync<T>(AwaitedCall<T> call, Action<StoreCall> submit, CancellationToken cancellationToken)
    {
        var cancelling = default(CancellationTokenRegistration);
        try
        {
            cancelling = cancellationToken.UnsafeRegister(static (call, token) => ((AwaitedCall<T>)call!).Cancel(token), call);
            submit(call);
            return await call.Completion.ConfigureAwait(false);
        }
        finally
        {
            Remove(call);
            cancelling.Unregister();
        }
    }

    /// <summary>The same for a call that is used again, which sees to the end of its waiting itself.</summary>
    public ValueTask<T> AwaitAsync<T>(PooledCall<T> call, Action<StoreCall> submit, CancellationToken cancellationToken)
    {
        var completion = call.BeginWait(this, cancellationToken);
        try
        {
            submit(call);
        }
        catch
        {
            call.AbandonWait();
            throw;
        }

        return completion;
    }

    /// <summary>Nobody awaits the call any more; false when its time was over before, and whoever gives it up may still be at it.</summary>
    public bool Remove(StoreCall call)
    {
        lock (gate)
        {
            if (!call.IsListed)
            {
                return false;
            }

            TakeOut(call);
            return true;
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
            if (first is not { } next)
            {
                EndIfIdle();
                return null;
            }

            var left = next.ExpiresAt - options.Clock.GetTimestamp();
            if (left <= 0)
            {
                TakeOut(next);
                return next;
            }

            // Timers count whole milliseconds, and one that came too early would be set again and again.
            Set(TimeSpan.FromMilliseconds(Math.Ceiling(1000.0 * left / options.Clock.TimestampFrequency)));
            return null;
        }
    }

    private void Append(StoreCall call)
    {
        (call.IsListed, call.Earlier) = (true, last);
        if (last is null)
        {
            first = call;
        }
        else
        {
            last.Later = call;
        }

        last = call;
        count++;
    }

    private void TakeOut(StoreCall call)
    {
        if (call.Earlier is { } earlier)
        {
            earlier.Later = call.Later;
        }
        else
        {
            first = call.Later;
        }

        if (call.Later is { } later)
        {
            later.Earlier = call.Earlier;
        }
        else
        {
            last = call.Earlier;
        }

        (call.IsListed, call.Earlier, call.Later) = (false, null, null);
        count--;
    }

    private void EndIfIdle()
    {
        if (isDisposed && count == 0)
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
