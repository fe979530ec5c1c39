namespace Holdfast.Cli.Supervision;

/// <summary>
/// How long a process that ended waits for its restart. One that was ready is restarted at once; one that keeps
/// failing waits, from <see cref="FirstDelay"/> doubling to <see cref="MaxDelay"/>, until it was ready for
/// <see cref="StableAfter"/>. To be killed from outside (SIGKILL) while ready is no failure of its own and never waits.
/// </summary>
internal sealed class RestartBackoff
{
    public static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(0.25);
    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(10);

    private int waits;
    private bool isForgiven;

    /// <summary>The delay before the next start.</summary>
    /// <param name="readyFor">How long the process was ready; null when it never was.</param>
    /// <param name="killed">Whether somebody else ended it.</param>
    public TimeSpan After(TimeSpan? readyFor, bool killed)
    {
        if (readyFor >= StableAfter)
        {
            (waits, isForgiven) = (0, false);
        }

        if (readyFor is not null && (killed || !isForgiven))
        {
            isForgiven |= !killed;
            return TimeSpan.Zero;
        }

        return TimeSpan.FromSeconds(Math.Min(FirstDelay.TotalSeconds * Math.Pow(2, Math.Min(waits++, 30)), MaxDelay.TotalSeconds));
    }
}
