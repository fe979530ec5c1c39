using Holdfast.Cli.Prove.Diagnosis;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>Follows what the arms raise to its cause, and keeps what is found.</summary>
internal sealed class Investigation(Laboratory laboratory, Walk walk, Progress progress)
{
    /// <summary>Most causes that are looked for; who has so many should mend some first.</summary>
    private const int MaxFindings = 4;

    private readonly List<Finding> findings = [];
    private readonly HashSet<int> explained = [];

    public IReadOnlyList<Finding> Findings => findings;

    /// <summary>The requests whose answers have been followed.</summary>
    public IReadOnlySet<int> Explained => explained;

    /// <summary>What differs and could not be followed to a cause; null when there is nothing of that kind.</summary>
    public string? Unexplained { get; private set; }

    public void Add(Finding finding) => findings.Add(finding);

    /// <summary>Shrinks what differs to the smallest walk, and looks for the cause.</summary>
    public async Task FollowAsync(Suspicion suspicion)
    {
        explained.Add(suspicion.Ordinal);
        var request = walk.Requests.First(request => request.Ordinal == suspicion.Ordinal).Step.Request;
        if (findings.Count >= MaxFindings || findings.Any(finding => finding.Request == request && Witness.RootOf(finding.Witness.Leaf.Path) == Witness.RootOf(suspicion.Leaf.Path)))
        {
            return;
        }

        var search = new WitnessSearch(laboratory);
        foreach (var finding in findings)
        {
            // What no longer differs without the write that an earlier finding is about, has the same cause.
            if (finding.Witness.Write is { } write && !await search.ShowsWithoutAsync(walk, suspicion, write.Step))
            {
                return;
            }
        }

        progress.Tell($"shrinking: {request} expected {suspicion.Leaf.Expected.Shown}, got {suspicion.Leaf.Got}");
        if (await search.ShrinkAsync(walk, suspicion) is not { Write: not null } witness)
        {
            Unexplained ??= $"{request} at {suspicion.Leaf.Path} differs in the arm {EnumText.Of(suspicion.Schedule.Arm)}, but no smaller walk shows it";
            return;
        }

        progress.Tell($"diagnosing: {witness.Write.Step.Request} -> {request} -> {witness.Leaf.Path}");
        var (pattern, signs) = await new CauseSearch(laboratory, witness).SearchAsync();
        foreach (var kind in Attribution.Of(pattern, signs))
        {
            findings.Add(new Finding { Kind = kind, Arms = [.. pattern.Arms], Witness = witness, Pattern = pattern, Signs = signs });
        }
    }
}
