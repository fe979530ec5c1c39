using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove;

/// <summary>How often an arm was run, and what that leaves open.</summary>
/// <param name="Arm">The arm.</param>
/// <param name="Runs">How often the scenario, or a part of it, was run so.</param>
/// <param name="Missed">What would not have been seen.</param>
internal sealed record ArmResult(Arm Arm, int Runs, string Missed)
{
    /// <summary>Whether the arm, or a part of it, was left out.</summary>
    public bool IsLeftOut { get; init; }
}
