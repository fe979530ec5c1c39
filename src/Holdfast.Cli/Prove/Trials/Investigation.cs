using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Diagnosis;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>Follows what the arms raise to its cause, and keeps what is found.</summary>
internal sealed class Investigation(Laboratory laboratory, ControlGroup controls, BackgroundArm background, Progress progress)
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
        if (await IsMovedAsync(suspicion))
        {
            return;
        }

        var request = controls.Walk.Requests.First(request => request.Ordinal == suspicion.Ordinal).Step.Request;
        if (findings.Count >= MaxFindings || findings.Any(finding => finding.Request == request && Witness.RootOf(finding.Witness.Leaf.Path) == Witness.RootOf(suspicion.Leaf.Path)))
        {
            return;
        }

        var search = new WitnessSearch(laboratory, controls);
        foreach (var finding in findings)
        {
            // What no longer differs without the write that an earlier finding is about, has the same cause.
            if (finding.Witness.Write is { } write && !await search.ShowsWithoutAsync(suspicion, write.Step))
            {
                return;
            }
        }

        progress.Tell($"shrinking: {request} expected {suspicion.Leaf.Expected.Shown}, got {suspicion.Leaf.Got}");
        if (await search.ShrinkAsync(suspicion) is not { Write: not null } witness)
        {
            Unexplained ??= $"{request} at {suspicion.Leaf.Path} differs in the arm {EnumText.Of(suspicion.Schedule.Arm)}, "
                + (search.HasTime ? "but no smaller walk shows it" : "and there was no time to find the smallest walk that shows it: give more --time");
            return;
        }

        progress.Tell($"diagnosing: {witness.Write.Step.Request} -> {request} -> {witness.Leaf.Path}");
        var (pattern, signs) = await new CauseSearch(laboratory, controls, witness).SearchAsync();
        var kinds = Attribution.Of(pattern, signs);
        if (kinds is [FindingKind.Unknown] && !laboratory.Budget.Has(TimeSpan.Zero))
        {
            Unexplained ??= $"{request} at {witness.Leaf.Path} depends on the instance that served {witness.Write.Step.Request}, and there was no time to find the cause: give more --time";
            return;
        }

        foreach (var kind in kinds)
        {
            findings.Add(new Finding { Kind = kind, Arms = [.. pattern.Arms], Witness = witness, Pattern = pattern, Signs = signs });
        }
    }

    /// <summary>
    /// Whether the difference comes from work that each instance does for itself. That shows in every arm, and in each like
    /// another cause: what has moved on comes out otherwise on an instance that is behind, or that begins anew. So where
    /// numbers of the answer move by themselves, it is asked for ahead of all else.
    /// </summary>
    private async Task<bool> IsMovedAsync(Suspicion suspicion)
    {
        if (!Leaf.IsBodyPath(suspicion.Leaf.Path) || !background.Moves(suspicion.Ordinal))
        {
            return false;
        }

        if (!findings.Exists(static finding => finding.Kind == FindingKind.BackgroundWork) && await background.SearchAsync(suspicion.Ordinal) is { } finding)
        {
            progress.Tell($"background work: {finding.Request} at {finding.Witness.Leaf.Path} differs");
            findings.Add(finding);
        }

        return findings.Exists(static finding => finding.Kind == FindingKind.BackgroundWork);
    }
}
