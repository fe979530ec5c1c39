using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Diagnosis;
using Holdfast.Cli.Prove.Instances;
using Holdfast.Cli.Prove.Runs;
using Holdfast.Cli.Prove.Trials;

namespace Holdfast.Cli.Prove;

/// <summary>The proof: runs the arms one after the other, and has what they raise followed.</summary>
internal sealed class Proof
{
    /// <summary>Undisturbed runs on each instance at the start: two, so that what belongs to an instance is told from what belongs to a user.</summary>
    private const int ControlsPerInstance = 2;

    /// <summary>A pause in which what changes with time changes, clocks that count seconds included.</summary>
    private static readonly TimeSpan SlowPause = TimeSpan.FromSeconds(1.1);

    private const int MaxSlowPauses = 3;

    /// <summary>Further undisturbed runs on each instance where they do not seem to be of one kind.</summary>
    private const int RunsToAgree = 4;

    private readonly Laboratory laboratory;
    private readonly Walk walk;
    private readonly Entropy entropy;
    private readonly Progress progress;
    private readonly ControlGroup controls;
    private readonly Dependence dependence;
    private readonly BackgroundArm background;
    private readonly Investigation investigation;

    public Proof(Laboratory laboratory, Walk walk, Entropy entropy, Progress progress)
    {
        (this.laboratory, this.walk, this.entropy, this.progress) = (laboratory, walk, entropy, progress);
        controls = new ControlGroup(laboratory, walk);
        dependence = new Dependence(laboratory, controls);
        background = new BackgroundArm(laboratory, controls, dependence);
        investigation = new Investigation(laboratory, controls, background, progress);
    }

    private Judgement Judgement => new(laboratory, walk, controls, dependence, investigation);

    /// <summary>Proves, and tells what is known even when it is cut short.</summary>
    public async Task<ProofResult> RunAsync()
    {
        try
        {
            await StartAsync();
            if (await LookAsync() is { } problem)
            {
                return Judgement.Inconclusive(problem);
            }

            await ControlAsync();
            await RotateAsync();
            await DisturbAsync(Arm.Restart, share: 4);
            await DisturbAsync(Arm.Kill, share: 3);
            await DisturbAsync(Arm.Scale, share: 2);
            await OverlapAsync();
            await DeployAsync();
            await MeasureAsync();
            return Judgement.Result();
        }
        catch (OperationCanceledException) when (laboratory.Cancelled.IsCancellationRequested)
        {
            return Judgement.CutShort("the proof was stopped before its end");
        }
        catch (CommandException error) when (controls.Controls.Count > 0)
        {
            return Judgement.CutShort(error.Message);
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

    /// <summary>The first undisturbed runs: why nothing can be proved with them; null when something can.</summary>
    private async Task<string?> LookAsync()
    {
        await laboratory.BeginArmAsync();
        await controls.RunAsync(laboratory.InstanceCount);

        // What never answers is not waited for again and again.
        if (ControlCheck.Problem(controls.Controls) is { } early)
        {
            return early;
        }

        await controls.RunAsync((ControlsPerInstance - 1) * laboratory.InstanceCount);
        if (controls.Expectation.Leaves.Any(static leaf => leaf.Value.IsOpen && !Leaf.IsCookiePath(leaf.Key.Path)))
        {
            await controls.RunAsync(ControlsPerInstance * laboratory.InstanceCount);
        }
        if (!laboratory.CanDisturb && ControlCheck.Disagreement(controls, walk) is not null)
        {
            // What comes and goes by chance does so on all of them, sooner or later.
            await controls.RunAsync(RunsToAgree * laboratory.InstanceCount);
        }

        return ControlCheck.Problem(controls.Controls);
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
        await laboratory.BeginArmAsync();
        var arm = new RotateArm(laboratory, controls, entropy);
        await arm.RunAsync(isFresh: false, RotateArm.Orders);
        var suspicions = arm.HasSuspects ? await arm.ConfirmAsync() : [];
        if (suspicions.Count == 0 && laboratory.CanDisturb && controls.Expectation.Leaves.Values.Any(static leaf => leaf is { Tier: ReadingTier.Amount, IsFirm: true }))
        {
            // Counters of instances that have run for long lie apart; those of new ones give the same numbers out.
            var undisturbed = controls.For(walk);
            await undisturbed.RunAsync(RotateArm.FreshControls, isFresh: true);
            var fresh = new RotateArm(laboratory, undisturbed, entropy);
            await fresh.RunAsync(isFresh: true, RotateArm.FreshOrders);
            suspicions = fresh.HasSuspects ? await fresh.ConfirmAsync() : [];
        }

        progress.Tell($"rotate: {laboratory.Counts.GetValueOrDefault(Arm.Rotate)} runs, {suspicions.Count} of {walk.Requests.Count} answers differ");
        foreach (var suspicion in suspicions)
        {
            await investigation.FollowAsync(suspicion);
        }
    }

    /// <param name="name">Restart, kill or scale.</param>
    /// <param name="share">How many arms share what time is left.</param>
    private async Task DisturbAsync(Arm name, int share)
    {
        var all = dependence.TellingPlaces();
        if (!laboratory.CanDisturb || all.Count == 0 || !laboratory.Budget.Has(TimeSpan.Zero))
        {
            laboratory.LeaveOut(name, !laboratory.CanDisturb ? "instances that run already are not stopped" : all.Count == 0 ? "no answer depends on an earlier request" : "there was no time");
            return;
        }

        if (name == Arm.Scale && investigation.Findings.Count > 0)
        {
            laboratory.LeaveOut(name, "what it would show are the findings above: mend them first");
            return;
        }

        // Where starting takes long, the later requests are tried: they depend on most of what is before them.
        await laboratory.BeginArmAsync();
        var affordable = (int)(laboratory.Budget.Left / share / (laboratory.Runner.Timings.Start ?? TimeSpan.FromSeconds(1)));
        var places = all.OrderDescending().Take(Math.Max(1, affordable)).ToHashSet();
        var arm = new DisturbArm(laboratory, controls, name);
        var runs = investigation.Findings.Count > 0 || name == Arm.Scale ? 1 : 2;
        for (var run = 0; run < runs && (run == 0 || laboratory.Budget.HasShare(0.15)); run++)
        {
            await arm.RunAsync(places);
        }

        var suspicion = await arm.SuspectAsync(investigation.Explained, isSure: investigation.Findings.Count > 0);
        progress.Tell($"{EnumText.Of(name)}: {laboratory.Counts[name]} runs, {(suspicion is null ? "nothing new differs" : "something differs")}");
        if (suspicion is not null)
        {
            await investigation.FollowAsync(suspicion);
        }
    }

    /// <summary>What overlaps: requests of one user, and what instances do by themselves.</summary>
    private async Task OverlapAsync()
    {
        if (investigation.Findings.Count > 0)
        {
            laboratory.LeaveOut(Arm.Concurrent, "what it would show may come from the findings above: mend them first");
            return;
        }

        await laboratory.BeginArmAsync();
        Take("background work", await background.SearchAsync());
        Take("concurrent", await new ConcurrentArm(laboratory, controls).SearchAsync());
    }

    private async Task DeployAsync()
    {
        if (laboratory.Runner.NextInstance is null)
        {
            laboratory.LeaveOut(Arm.Deploy, "no next build was given: name its command with --run-next");
            return;
        }

        if (investigation.Findings.Any(static finding => finding.Kind != FindingKind.LostUpdate))
        {
            laboratory.LeaveOut(Arm.Deploy, "what it would show may come from the findings above: mend them first");
            return;
        }

        await laboratory.BeginArmAsync();
        var arm = new DeployArm(laboratory, controls);
        Take("deploy", await arm.SearchAsync());
    }

    /// <summary>What deployment is planned with: what users see of a restart.</summary>
    private async Task MeasureAsync()
    {
        if (laboratory.CanDisturb && laboratory.Budget.Has(TimeSpan.Zero))
        {
            await new RestartMeasure(laboratory, walk).RunAsync();
        }
    }

    private void Take(string arm, Finding? finding)
    {
        progress.Tell($"{arm}: {(finding is null ? "nothing differs" : $"{finding.Request} at {finding.Witness.Leaf.Path} differs")}");
        if (finding is not null)
        {
            investigation.Add(finding);
        }
    }
}
