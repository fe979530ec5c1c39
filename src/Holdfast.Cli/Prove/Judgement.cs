using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Diagnosis;
using Holdfast.Cli.Prove.Runs;
using Holdfast.Cli.Prove.Trials;

namespace Holdfast.Cli.Prove;

/// <summary>What the arms come to: the verdict and why, and what they would not have seen.</summary>
internal sealed class Judgement(Laboratory laboratory, Walk walk, ControlGroup controls, Dependence dependence, Investigation investigation)
{
    private IReadOnlyList<Finding> Findings => investigation.Findings;

    private IEnumerable<Finding> Stateful => Findings.Where(static finding => finding.Kind != FindingKind.LostUpdate);

    public ProofResult Inconclusive(string reason) => Result(Verdict.Inconclusive, reason);

    /// <summary>The result of a proof that did not come to its end.</summary>
    public ProofResult CutShort(string why) =>
        Stateful.Any() ? Result(Verdict.Stateful, $"{Stated(Stateful)}; then {why}") : Result(Verdict.Inconclusive, why);

    public ProofResult Result()
    {
        if (Stateful.Any())
        {
            return Result(Verdict.Stateful, Stated(Stateful));
        }

        return WhyOpen() is { } reason ? Result(Verdict.Inconclusive, reason) : Result(Verdict.Stateless, Shown());
    }

    /// <summary>Why nothing is shown; null when it is.</summary>
    private string? WhyOpen() =>
        (laboratory.CanDisturb ? null : ControlCheck.Disagreement(controls, walk))
        ?? ControlCheck.Flakiness(controls.Expectation, walk)
        ?? investigation.Unexplained
        ?? laboratory.Runner.Death
        ?? (dependence.Pairs.Count > 0 ? null : dependence.IsComplete ? NothingWritten() : NoTime("find out which answers depend on earlier requests"))
        ?? (laboratory.Open is { } arm ? NoTime($"tell from chance what differs ({EnumText.Of(arm)})") : null)
        ?? (Ran(Arm.Rotate) ? null : NoTime("send requests to another instance (rotate)"))
        ?? (Ran(Arm.Restart) || !laboratory.CanDisturb ? null : NoTime("restart instances (restart)"))
        ?? (Ran(Arm.Kill) || !laboratory.CanDisturb ? null : NoTime("kill instances (kill)"));

    private bool Ran(Arm arm) => laboratory.Counts.GetValueOrDefault(arm) > 0;

    private string Shown()
    {
        var lost = Findings.Any() ? $"; but {Stated(Findings)}" : "";
        return $"{dependence.Pairs.Count} answers that depend on an earlier request came out the same on other instances"
            + (laboratory.CanDisturb ? $", after restarts and after kills{lost}" : $"{lost}; restarts and kills were not tried on instances that run already");
    }

    private string NoTime(string purpose) =>
        $"there was no time to {purpose}: a run of the scenario took {(laboratory.Budget.Spent / Math.Max(1, laboratory.Runs.Count)).TotalSeconds:0.0} s here, so give more --time than {laboratory.Budget.Total.TotalSeconds:0} s, or a shorter scenario";

    private string NothingWritten() => controls.Expectation.Noise.Any(static noise => noise.Kind == "differs from run to run" && Leaf.IsBodyPath(noise.Path))
        ? "no answer that is the same from run to run depends on an earlier request, so nothing could be seen to be lost: use {{unique}} in what is written"
        : "no answer depends on an earlier request: the scenario writes nothing that it reads, so nothing could be seen to be lost";

    private static string Stated(IEnumerable<Finding> findings) => string.Join("; ", findings.Select(Stated).Distinct());

    private static string Stated(Finding finding) => $"{FindingKindJson.Text(finding.Kind)}: " + finding switch
    {
        { Kind: FindingKind.LostUpdate } => $"of {finding.Witness.Write!.Step.Request} sent at the same time, {finding.Request} does not show all",
        { Kind: FindingKind.BackgroundWork } => $"{finding.Witness.Leaf.Path} of {finding.Request} is moved on by each instance for itself",
        { Arms: [Arm.Deploy] } => $"{finding.Request} on one build depends on what {finding.Witness.Write!.Step.Request} wrote on the other",
        _ => $"{finding.Request} depends on the instance that served {finding.Witness.Write!.Step.Request}",
    };

    private ProofResult Result(Verdict verdict, string reason) => new()
    {
        Verdict = verdict,
        Reason = reason,
        Findings = Findings,
        Arms = [.. Enum.GetValues<Arm>().Select(arm => new ArmResult(arm, laboratory.Counts.GetValueOrDefault(arm), Missed(arm))
        {
            IsLeftOut = laboratory.Counts.GetValueOrDefault(arm) == 0 || laboratory.LeftOut.ContainsKey(arm),
        })],
        Noise = controls.Controls.Count == 0 ? [] : [.. controls.Expectation.Noise],
        Timings = laboratory.Runner.Timings,
        Walk = walk,
        Expectation = controls.Controls.Count == 0 ? null : controls.Expectation,
        Runs = laboratory.Runs,
        Time = laboratory.Budget.Spent,
    };

    /// <summary>What the arm would not have seen: all that it looks for, or what shows too seldom.</summary>
    private string Missed(Arm arm)
    {
        var runs = laboratory.Counts.GetValueOrDefault(arm);
        if (laboratory.LeftOut.TryGetValue(arm, out var why) || runs == 0)
        {
            return $"{LookedFor(arm)}{(why is null ? "" : $" ({why})")}";
        }

        // With a probability of 95 %, so many runs show what happens in more than 3 of that many (the rule of three).
        return arm == Arm.Control ? "" : runs <= 3 ? "what does not show every time" : $"what shows in less than {Math.Ceiling(300.0 / runs):0} % of runs";
    }

    private static string LookedFor(Arm arm) => arm switch
    {
        Arm.Rotate => "what an instance keeps, or keeps a copy of",
        Arm.Restart => "what an instance keeps in its memory",
        Arm.Kill => "what is acknowledged before it is stored",
        Arm.Concurrent => "updates that are lost when one user's requests overlap",
        Arm.Scale => "what goes when all instances are replaced, and work that instances do by themselves",
        Arm.Deploy => "what two builds do not understand of each other",
        _ => "",
    };
}
