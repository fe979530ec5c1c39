namespace Holdfast.Redis;

/// <summary>
/// A call that is used again, so that a small read costs no garbage. Two sides hold it: who awaits it, and the way that it goes from its
/// submission to its reply. It is used again once both have let go, and a side lets go only when it is certain that nothing on it can come by any more.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>The way lets go when the connection's reader is done with the reply to the first sending. A call that was sent again, redirected, lost with
/// its connection, given up before it was sent, or that waited for a term, keeps being held.</item>
/// <item>Who awaits lets go after taking the result, if it took the call out of <see cref="CallDeadlines"/> itself and took the cancellation back before it ran.
/// A call that ended with a fault keeps being held.</item>
/// </list>
/// What is held for ever is the collector's, which knows better who still has it. To let go too seldom costs some garbage; to let go too early would give one
/// caller another's answer. Whoever has let go must not touch the call again.
/// <para>What the caller awaits is the call itself, which an application gets in its hands. It tells each use from the next, and gives a result once: an
/// application that asks twice, or ahead of time, is told so and harms nobody but itself. A pool of state machines would not see to that.</para>
/// </remarks>
internal abstract class PooledCall<T> : AwaitedCall<T>
{
    private const int Sides = 2;
    private const int Unawaited = int.MaxValue;
    private const int Taken = int.MaxValue - 1;

    private int holders = Sides;

    // Which use of the call somebody awaits, by its version.
    private int awaited = Unawaited;
    private CallDeadlines? deadlines;
    private CancellationToken cancellation;
    private CancellationTokenRegistration cancelling;

    /// <summary>Somebody awaits it from now on, until the deadline or the cancellation, and lets go by taking the result.</summary>
    public ValueTask<T> BeginWait(CallDeadlines calls, CancellationToken cancellationToken)
    {
        (deadlines, cancellation) = (calls, cancellationToken);
        Volatile.Write(ref awaited, Version);
        var completion = Completion;
        cancelling = cancellationToken.UnsafeRegister(static (call, token) => ((PooledCall<T>)call!).Cancel(token), this);
        return completion;
    }

    /// <summary>It was not submitted, and nobody awaits it.</summary>
    public void AbandonWait()
    {
        deadlines!.Remove(this);
        cancelling.Unregister();
    }

    /// <summary>Gives it to where the next one is taken from.</summary>
    protected abstract void Return();

    /// <inheritdoc/>
    protected sealed override T Take(short token)
    {
        if (Volatile.Read(ref awaited) == Unawaited)
        {
            return base.Take(token);
        }

        if (!HasEnded(token) || Interlocked.CompareExchange(ref awaited, Taken, token) != token)
        {
            throw new InvalidOperationException("What a read returns is awaited once, and has no result ahead of that: take AsTask() for anything else.");
        }

        // Neither the deadline nor the cancellation comes by any more, if both could be taken back.
        var isLeft = deadlines!.Remove(this) & (cancelling.Unregister() || !cancellation.CanBeCanceled);
        var result = base.Take(token);
        if (isLeft)
        {
            EndWait();
        }

        return result;
    }

    /// <inheritdoc/>
    protected override void Renew()
    {
        base.Renew();
        (awaited, deadlines, cancellation, cancelling) = (Unawaited, null, default, default);
    }

    /// <inheritdoc/>
    protected sealed override void LetGo()
    {
        if (Interlocked.Decrement(ref holders) == 0)
        {
            Renew();
            holders = Sides;
            Return();
        }
    }
}
