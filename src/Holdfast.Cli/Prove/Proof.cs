using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Diagnosis;
using Holdfast.Cli.Prove.Instances;
using Holdfast.Cli.Prove.Runs;
using Holdfast.Cli.Prove.Trials;

namespace Holdfast.Cli.Prove;

/// <summary>The proof: runs the arms one after the other, follows what they raise, and comes to a verdict.</summary>
internal sealed class Proof
{
    /// <summary>Most causes that are looked for; who has so many should mend some first.</summary>
    private const int MaxFindings = 4;

    /// <summary>Undisturbed runs on each instance at the start: two, so that what belongs to an instance is told from what belongs to a user.</summary>
    private const int ControlsPerInstance = 2;

    /// <summary>A pause in which what changes with time changes, clocks that count seconds included.</summary>
    private static readonly TimeSpan SlowPause = TimeSpan.FromSeconds(1.1);

    private const int MaxSlowPauses = 3;

    private readonly Laboratory laboratory;
    private readonly Walk walk;
    private readonly Entropy entropy;
    private readonly Progress progress;
    private readonly ControlGroup controls;
    private readonly Dependence dependence;
    private readonly List<Finding> findings = [];
    private readonly HashSet<int> explained = [];
    private string? unexplained;

    public Proof(Laboratory laboratory, Walk walk, Entropy entropy, Progress progress)
    {
        (this.laboratory, this.walk, this.entropy, this.progress) = (laboratory, walk, entropy, progress);
        controls = new ControlGroup(laboratory, walk);
        dependence = new Dependence(laboratory, controls);
    }

    private bool CanDisturb => laboratory.Runner.Instances[0] is LaunchedInstance;

    /// <summary>Proves, and tells what is known even when it is cut short.</summary>
    public async Task<ProofResult> RunAsync()
    {
        try
        {
            await StartAsync();
            await controls.RunAsync(ControlsPerInstance * laboratory.InstanceCount);
            if (ControlCheck.Problem(controls.Controls) is { } problem)
            {
                return Result(Verdict.Inconclusive, problem);
            }

            await ControlAsync();
            await RotateAsync();
            if (CanDisturb)
            {
                await DisturbAsync(Arm.Restart, share: 2);
                await DisturbAsync(Arm.Kill, share: 1);
            }

            var (verdict, reason) = Judge();
            return Result(verdict, reason);
        }
        catch (OperationCanceledException) when (laboratory.Cancelled.IsCancellationRequested)
        {
            return findings.Count > 0 ? Result(Verdict.Stateful, $"{Stated()}; the proof was stopped before its end") : Result(Verdict.Inconclusive, "the proof was stopped before its end");
        }
        catch (CommandException error) when (controls.Controls.Count > 0)
        {
            return findings.Count > 0 ? Result(Verdict.Stateful, $"{Stated()}; then {error.Message}") : Result(Verdict.Inconclusive, error.Message);
        }
    }

    private async Task StartAsync()
    {
        var launched = laboratory.Runner.Instances.OfType<LaunchedInstance>().ToArray();
        if (launched.Length > 0)
        {
            progress.Tell($"starting {launched.Length} instances");
            await Task.WhenAll(launched.Select(async instance => laboratory.Runner.Timings.Started(await instance.StartAsync(laboratory.Cancelled))));
        }
    }

    private async Task ControlAsync()
    {
        progress.Tell($"control: {controls.Controls.Count} runs, each on one instance");
        var pauses = new TimeSpan[walk.Requests.Count];
        for (var pause = 1; pause <= Math.Min(MaxSlowPauses, walk.Requests.Count - 1); pause++)
        {
            pauses[walk.Requests.Count - pause * Math.Max(1, (walk.Requests.Count - 1) / MaxSlowPauses)] = SlowPause;
        }

        await controls.RunSlowlyAsync(pauses);
        await dependence.FindAsync();
        progress.Tell($"control: {dependence.Pairs.Count} pairs of a write and an answer that depends on it");
    }

    private async Task RotateAsync()
    {
        if (laboratory.InstanceCount < 2)
        {
            return;
        }

        var arm = new RotateArm(laboratory, controls, entropy);
        await arm.RunAsync(isFresh: false, RotateArm.Orders);
        var suspicions = arm.HasSuspects ? await arm.ConfirmAsync() : [];
        progress.Tell($"rotate: {laboratory.Counts.GetValueOrDefault(Arm.Rotate)} runs, {suspicions.Count} of {walk.Requests.Count} answers differ");
        foreach (var suspicion in suspicions)
        {
            explained.Add(suspicion.Ordinal);
            await FollowAsync(suspicion);
        }
    }

    /// <param name="name">Restart or kill.</param>
    /// <param name="share">How many arms share what time is left.</param>
    private async Task DisturbAsync(Arm name, int share)
    {
        var all = dependence.TellingPlaces();
        if (all.Count == 0 || !laboratory.Budget.Has(TimeSpan.Zero))
        {
            return;
        }

        // Where starting takes long, the later requests are tried: they depend on most of what is before them.
        var affordable = (int)(laboratory.Budget.Left / share / (laboratory.Runner.Timings.Start ?? TimeSpan.FromSeconds(1)));
        var places = all.OrderDescending().Take(Math.Max(1, affordable)).ToHashSet();

        var arm = new DisturbArm(laboratory, controls, name);
        var runs = findings.Count > 0 ? 1 : 2;
        for (var run = 0; run < runs && (run == 0 || laboratory.Budget.HasShare(0.15)); run++)
        {
            await arm.RunAsync(places);
        }

        var suspicion = arm.Suspect(explained);
        progress.Tell($"{name.ToString().ToLowerInvariant()}: {laboratory.Counts[name]} runs, {(suspicion is null ? "nothing new differs" : "something differs")}");
        if (suspicion is not null)
        {
            explained.Add(suspicion.Ordinal);
            await FollowAsync(suspicion);
        }
    }

    /// <summary>Shrinks what differs to the smallest walk, and looks for the cause.</summary>
    private async Task FollowAsync(Suspicion suspicion)
    {
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
            unexplained ??= $"{request} at {suspicion.Leaf.Path} differs in the arm {suspicion.Schedule.Arm.ToString().ToLowerInvariant()}, but no smaller walk shows it";
            return;
        }

        progress.Tell($"diagnosing: {witness.Write.Step.Request} -> {request} -> {witness.Leaf.Path}");
        var (pattern, signs) = await new CauseSearch(laboratory, witness).SearchAsync();
        foreach (var kind in Attribution.Of(pattern, signs))
        {
            findings.Add(new Finding { Kind = kind, Arms = [.. ArmsOf(pattern)], Witness = witness, Pattern = pattern, Signs = signs });
        }
    }

    private static IEnumerable<Arm> ArmsOf(Pattern pattern)
    {
        if (pattern.Rotate == true)
        {
            yield return Arm.Rotate;
        }

        if (pattern.Restart == true)
        {
            yield return Arm.Restart;
        }

        if (pattern.Kill == true)
        {
            yield return Arm.Kill;
        }
    }

    private (Verdict Verdict, string Reason) Judge()
    {
        if (findings.Any(static finding => finding.Kind != FindingKind.LostUpdate))
        {
            return (Verdict.Stateful, Stated());
        }

        var counts = laboratory.Counts;
        var reason = ControlCheck.Flakiness(controls.Expectation, walk)
            ?? unexplained
            ?? (laboratory.Runner.Deaths > 0 ? "an instance ended by itself while it was asked" : null)
            ?? (dependence.Pairs.Count > 0 ? null : dependence.IsComplete ? NothingWritten() : NoTime("find out which answers depend on earlier requests"))
            ?? (counts.GetValueOrDefault(Arm.Rotate) == 0 ? NoTime("send requests to another instance (rotate)") : null)
            ?? (CanDisturb && counts.GetValueOrDefault(Arm.Restart) == 0 ? NoTime("restart instances (restart)") : null)
            ?? (CanDisturb && counts.GetValueOrDefault(Arm.Kill) == 0 ? NoTime("kill instances (kill)") : null);
        return reason is not null
            ? (Verdict.Inconclusive, reason)
            : (Verdict.Stateless, $"{dependence.Pairs.Count} answers that depend on an earlier request came out the same on other instances"
                + (CanDisturb ? ", after restarts and after kills" : "; restarts and kills were not tried on instances that run already"));
    }

    private string NoTime(string purpose) => $"there was no time to {purpose}: a run of the scenario took {TypicalRun().TotalSeconds:0.0} s here, so give more --time than {laboratory.Budget.Total.TotalSeconds:0} s, or a shorter scenario";

    private TimeSpan TypicalRun() => laboratory.Budget.Spent / Math.Max(1, laboratory.Runs.Count);

    private string NothingWritten() => controls.Expectation.Noise.Any(static noise => noise.Kind == "differs from run to run" && Leaf.IsBodyPath(noise.Path))
        ? "no answer that is the same from run to run depends on an earlier request, so nothing could be seen to be lost: use {{unique}} in what is written"
        : "no answer depends on an earlier request: the scenario writes nothing that it reads, so nothing could be seen to be lost";

    private string Stated() => string.Join("; ", findings.Select(static finding =>
        $"{FindingKindJson.Text(finding.Kind)}: {finding.Request} depends on the instance that served {finding.Witness.Write!.Step.Request}").Distinct());

    private ProofResult Result(Verdict verdict, string reason) => new()
    {
        Verdict = verdict,
        Reason = reason,
        Findings = findings,
        Arms = [.. Enum.GetValues<Arm>().Select(arm => new ArmResult(arm, laboratory.Counts.GetValueOrDefault(arm), ""))],
        Noise = controls.Controls.Count == 0 ? [] : [.. controls.Expectation.Noise],
        Timings = laboratory.Runner.Timings,
        Walk = walk,
        Expectation = controls.Controls.Count == 0 ? null : controls.Expectation,
        Runs = laboratory.Runs,
        Time = laboratory.Budget.Spent,
    };
}
