using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>Where runs are made, counted and read.</summary>
internal sealed class Laboratory(Runner runner, Budget budget, CancellationToken cancellationToken)
{
    private readonly Dictionary<Arm, int> counts = [];

    public Runner Runner => runner;

    public Budget Budget => budget;

    public CancellationToken Cancelled => cancellationToken;

    public int InstanceCount => runner.Instances.Count;

    /// <summary>How many runs each arm had.</summary>
    public IReadOnlyDictionary<Arm, int> Counts => counts;

    /// <summary>All runs, in order; what a report's timeline is made of.</summary>
    public List<Run> Runs { get; } = [];

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
