using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Diagnosis;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove;

/// <summary>Everything that a proof has found out; what reports are made of.</summary>
internal sealed record ProofResult
{
    public required Verdict Verdict { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public required string Reason { get; init; }

    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>Every arm, also one that was not run.</summary>
    public IReadOnlyList<ArmResult> Arms { get; init; } = [];

    public IReadOnlyList<Noise> Noise { get; init; } = [];

    public Timings Timings { get; init; } = new();

    /// <summary>The whole walk; null when the proof did not come so far.</summary>
    public Walk? Walk { get; init; }

    /// <summary>What undisturbed runs agree on; null when there was none.</summary>
    public Expectation? Expectation { get; init; }

    /// <summary>Every run, in order.</summary>
    public IReadOnlyList<Run> Runs { get; init; } = [];

    /// <summary>How long it took.</summary>
    public TimeSpan Time { get; init; }
}
