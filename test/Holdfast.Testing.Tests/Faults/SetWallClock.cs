namespace Holdfast.Testing.Tests.Faults;

/// <summary>The system's clocks, with a wall clock that can be set.</summary>
internal sealed class SetWallClock : TimeProvider
{
    /// <summary>How far the wall clock is ahead of the true time.</summary>
    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
}
