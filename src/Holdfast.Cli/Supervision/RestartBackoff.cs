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

    private int failures;

    /// <summary>The delay before the next start.</summary>
    /// <param name="readyFor">How long the process was ready; null when it never was.</param>
    /// <param name="killed">Whether somebody else ended it.</param>
    public TimeSpan After(TimeSpan? readyFor, bool killed)
    {
        if (readyFor >= StableAfter)
        {
            failures = 0;
        }

        if (readyFor is not null && killed)
        {
            return TimeSpan.Zero;
        }

        // The first failure of one that was ready costs nothing.
        var doublings = failures++ - (readyFor is null ? 0 : 1);
        return doublings < 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(
            FirstDelay.TotalSeconds * Math.Pow(2, Math.Min(doublings, 30)), MaxDelay.TotalSeconds));
    }
}
