namespace Holdfast.Cli.Supervision;

/// <summary>
/// How long a process that ended waits for its restart. One that was ready is restarted at once; one that keeps
/// failing waits, from <see cref="FirstDelay"/> doubling to <see cref="MaxDelay"/>, until it was ready for
/// <see cref="StableAfter"/>. Who is killed from outside (SIGKILL) while ready never waits, but that too is a failure: the kernel does it, over and
/// over, where memory is short.
/// </summary>
internal sealed class RestartBackoff
{
    public static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(0.25);
    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(10);

    /// <summary>As many failures in a row are a loop that does not end by itself.</summary>
    public const int CrashLoop = 5;

    private int waits;
    private bool isForgiven;

    /// <summary>How often in a row the process failed or was killed, without having been ready for <see cref="StableAfter"/> in between.</summary>
    public int Failures { get; private set; }

    /// <summary>Whether it keeps failing.</summary>
    public bool IsCrashLoop => Failures >= CrashLoop;

    /// <summary>The delay before the next start.</summary>
    /// <param name="readyFor">How long the process was ready; null when it never was.</param>
    /// <param name="killed">Whether somebody else ended it.</param>
    public TimeSpan After(TimeSpan? readyFor, bool killed)
    {
        if (readyFor >= StableAfter)
        {
            Forget();
        }

        Failures++;
        if (readyFor is not null && (killed || !isForgiven))
        {
            isForgiven |= !killed;
            return TimeSpan.Zero;
        }

        return TimeSpan.FromSeconds(Math.Min(FirstDelay.TotalSeconds * Math.Pow(2, Math.Min(waits++, 30)), MaxDelay.TotalSeconds));
    }

    /// <summary>What was is forgotten: the process has been ready for <see cref="StableAfter"/>.</summary>
    public void Forget() => (waits, isForgiven, Failures) = (0, false, 0);
}
