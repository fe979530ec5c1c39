using Holdfast.Cli.Prove.Runs;
using Holdfast.Cli.Prove.Trials;

namespace Holdfast.Cli.Prove.Diagnosis;

/// <summary>Something that keeps the application from being stateless, and the proof of it.</summary>
internal sealed record Finding
{
    public required FindingKind Kind { get; init; }

    /// <summary>The arms in which it shows.</summary>
    public required IReadOnlyList<Arm> Arms { get; init; }

    /// <summary>The smallest walk that shows it.</summary>
    public required Witness Witness { get; init; }

    /// <summary>What is known of the cause.</summary>
    public required Signs Signs { get; init; }

    /// <summary>In which experiments it shows.</summary>
    public Pattern Pattern { get; init; } = new();

    public string? Mechanism => IsBetweenBuilds ? "one build does not understand what the other has written" : Remedies.Mechanism(Kind, Signs);

    public string Remedy => IsBetweenBuilds
        ? "let the next build read and write what the current one does, and change what is written in the build after it"
        : Remedies.Remedy(Kind, Signs);

    private bool IsBetweenBuilds => Arms is [Arm.Deploy];

    /// <summary>The read, as the scenario writes it.</summary>
    public string Request => Witness.Read.Step.Request;

    public IReadOnlyList<SmallestStep> Smallest =>
    [
        .. Witness.Walk.Requests.Zip(Witness.Schedule.Places).Select((item, index) => new SmallestStep(
            item.First.Step.Request,
            item.First.Step.Line,
            item.Second.Instance + 1,
            item.Second.Before == Disturbance.None ? null : EnumText.Of(item.Second.Before),
            Witness.IsAtOnce(index))),
    ];
}
