using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Instances;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>Where runs are made, counted and read.</summary>
/// <param name="runner">Makes the runs.</param>
/// <param name="budget">The time for them.</param>
/// <param name="reset">Brings the application's stores to their beginning; null where nothing does.</param>
/// <param name="cancellationToken">Ends the proof.</param>
internal sealed class Laboratory(Runner runner, Budget budget, Func<CancellationToken, Task>? reset, CancellationToken cancellationToken)
{
    private readonly Dictionary<Arm, int> counts = [];
    private readonly Dictionary<Arm, string> leftOut = [];

    public Runner Runner => runner;

    public Budget Budget => budget;

    public CancellationToken Cancelled => cancellationToken;

    public int InstanceCount => runner.Instances.Count;

    /// <summary>Whether instances can be stopped and started.</summary>
    public bool CanDisturb => runner.Instances[0] is LaunchedInstance;

    /// <summary>How many runs each arm had.</summary>
    public IReadOnlyDictionary<Arm, int> Counts => counts;

    /// <summary>Why arms were left out, in part or altogether.</summary>
    public IReadOnlyDictionary<Arm, string> LeftOut => leftOut;

    /// <summary>All runs, in order; what a report's timeline is made of.</summary>
    public List<Run> Runs { get; } = [];

    /// <summary>An arm in which something differs that may be chance, as there was no time to make sure of it; null when there is none.</summary>
    public Arm? Open { get; private set; }

    /// <summary>Says that there was no time to make sure of what differs in an arm.</summary>
    public void LeaveOpen(Arm arm) => Open ??= arm;

    /// <summary>Says why an arm is left out.</summary>
    public void LeaveOut(Arm arm, string why) => leftOut.TryAdd(arm, why);

    /// <summary>Makes all ready for another arm: each begins with what the stores held at the first one's beginning, if there is a way to that.</summary>
    public Task BeginArmAsync() => reset?.Invoke(cancellationToken) ?? Task.CompletedTask;

    public async Task<RunReadings> RunAsync(Walk walk, Schedule schedule)
    {
        var run = await runner.RunAsync(walk, schedule, cancellationToken);
        lock (counts)
        {
            counts[schedule.Arm] = counts.GetValueOrDefault(schedule.Arm) + 1;
            Runs.Add(run);
        }

        return RunReadings.Of(run);
    }
}
