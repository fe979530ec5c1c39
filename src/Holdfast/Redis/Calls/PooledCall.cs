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
/// </remarks>
internal abstract class PooledCall<T> : AwaitedCall<T>
{
    private const int Sides = 2;

    private int holders = Sides;

    /// <summary>Gives it to where the next one is taken from.</summary>
    protected abstract void Return();

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
