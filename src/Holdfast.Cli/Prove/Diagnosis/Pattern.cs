using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Diagnosis;

/// <summary>
/// In which experiments with the smallest walk its last answer differs: each true, false, or null where it was not made.
/// </summary>
internal sealed record Pattern
{
    /// <summary>Written on one instance, read from another.</summary>
    public bool? Rotate { get; init; }

    /// <summary>The same, some seconds later.</summary>
    public bool? RotateLater { get; init; }

    /// <summary>The instance is restarted gracefully before the read.</summary>
    public bool? Restart { get; init; }

    /// <summary>The same, some seconds after the write.</summary>
    public bool? RestartLater { get; init; }

    /// <summary>The instance is killed right after the write.</summary>
    public bool? Kill { get; init; }

    /// <summary>The instance is killed some seconds after the write.</summary>
    public bool? KillLater { get; init; }

    /// <summary>The instance is restarted in a fresh folder with a fresh home: nothing is left of it but what lies elsewhere.</summary>
    public bool? Renew { get; init; }

    /// <summary>The same, some seconds after the write.</summary>
    public bool? RenewLater { get; init; }

    /// <summary>A new instance takes the place of all others before the read.</summary>
    public bool? Scale { get; init; }

    /// <summary>The arms in which it differs.</summary>
    public IEnumerable<Arm> Arms =>
        new (bool? Differs, Arm Arm)[] { (Rotate, Arm.Rotate), (Restart, Arm.Restart), (Kill, Arm.Kill), (Scale, Arm.Scale) }
            .Where(static one => one.Differs == true)
            .Select(static one => one.Arm);
}
