using Holdfast.Cli.Prove.Diagnosis;

namespace Holdfast.Cli.Prove.Reports;

/// <summary>The result as scripts read it: a contract, whose schema is docs/prove.schema.json. Keys may be added.</summary>
internal sealed record ProofDocument(
    Verdict Verdict,
    string Reason,
    IReadOnlyList<ProofDocument.FindingEntry> Findings,
    IReadOnlyDictionary<string, ProofDocument.ArmEntry> Arms,
    IReadOnlyList<ProofDocument.NoiseEntry> Noise,
    ProofDocument.TimingEntry Timings)
{
    public static ProofDocument Of(ProofResult result) => new(
        result.Verdict,
        result.Reason,
        [.. result.Findings.Select(EntryOf)],
        result.Arms.ToDictionary(static arm => EnumText.Of(arm.Arm), static arm => new ArmEntry(arm.Runs, arm.Missed)),
        [
            .. result.Noise.Select(noise => new NoiseEntry(
                result.Walk!.Requests.First(request => request.Ordinal == noise.Ordinal).Step.Request, noise.Path, noise.Kind, noise.Example)),
        ],
        new TimingEntry(Milliseconds(result.Timings.Start), Milliseconds(result.Timings.Stop), Milliseconds(result.Timings.Recovery), result.Timings.Requests, result.Timings.Errors));

    private static FindingEntry EntryOf(Finding finding) => new(
        finding.Kind,
        [.. finding.Arms.Select(EnumText.Of)],
        finding.Request,
        finding.Witness.Leaf.Path,
        finding.Witness.Leaf.Expected.Shown,
        finding.Witness.Leaf.Got,
        finding.Smallest,
        finding.Mechanism,
        finding.Remedy,
        CurlScript.Of(finding));

    private static long? Milliseconds(TimeSpan? time) => time is { } known ? (long)Math.Round(known.TotalMilliseconds) : null;

    internal sealed record FindingEntry(
        FindingKind Kind,
        IReadOnlyList<string> Arms,
        string Request,
        string Field,
        string Expected,
        string Got,
        IReadOnlyList<SmallestStep> Smallest,
        string? Mechanism,
        string Remedy,
        string Script);

    internal sealed record ArmEntry(int Runs, string Missed);

    internal sealed record NoiseEntry(string Request, string Field, string Kind, string Example);

    internal sealed record TimingEntry(long? StartMs, long? StopMs, long? RecoverMs, int? RequestsWhileStopping, int? ErrorsWhileStopping);
}
