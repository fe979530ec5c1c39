namespace Holdfast.Cli.Prove;

/// <summary>How much time a proof still has. What it would like to do beyond that is left out, and told.</summary>
internal sealed class Budget(TimeSpan total, TimeProvider clock)
{
    private readonly long started = clock.GetTimestamp();

    public TimeSpan Spent => clock.GetElapsedTime(started);

    public TimeSpan Total => total;

    public TimeSpan Left => total - Spent;

    /// <summary>Whether something that takes so long still fits.</summary>
    public bool Has(TimeSpan duration) => Left > duration;

    /// <summary>Whether more than the share of the time is left.</summary>
    public bool HasShare(double share) => Left > total * share;
}
