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

    public string? Mechanism => Remedies.Mechanism(Kind, Signs);

    public string Remedy => Remedies.Remedy(Kind, Signs);

    /// <summary>The read, as the scenario writes it.</summary>
    public string Request => Witness.Read.Step.Request;

    public IReadOnlyList<SmallestStep> Smallest =>
    [
        .. Witness.Walk.Requests.Zip(Witness.Schedule.Places, static (request, place) => new SmallestStep(
            request.Step.Request,
            request.Step.Line,
            place.Instance + 1,
            place.Before == Disturbance.None ? null : $"{place.Before}".ToLowerInvariant())),
    ];
}
