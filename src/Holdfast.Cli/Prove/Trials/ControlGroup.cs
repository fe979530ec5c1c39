using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>The undisturbed runs of one walk, and what they agree on.</summary>
/// <param name="laboratory">Where they are made.</param>
/// <param name="walk">The walk.</param>
/// <param name="whole">The runs of the whole walk, if this is a part of it, or runs elsewhere: what is noise there is noise here.</param>
internal sealed class ControlGroup(Laboratory laboratory, Walk walk, ControlGroup? whole = null)
{
    private readonly List<RunReadings> controls = [];
    private readonly List<RunReadings> slow = [];
    private Expectation? expectation;
    private int next;

    public Walk Walk => walk;

    public IReadOnlyList<RunReadings> Controls => controls;

    public Expectation Expectation => expectation ??= Expectation.Learn(controls, slow, whole?.Expectation);

    /// <summary>A group for runs of a part of the walk, or of all of it under other conditions.</summary>
    public ControlGroup For(Walk part) => new(laboratory, part, this);

    /// <summary>Runs the walk undisturbed, each time on the instance after the last one's.</summary>
    /// <param name="runs">How often.</param>
    /// <param name="isFresh">Whether the instance is started afresh for it.</param>
    public async Task RunAsync(int runs, bool isFresh = false)
    {
        for (var run = 0; run < runs; run++)
        {
            var instance = next++ % laboratory.InstanceCount;
            Add(await laboratory.RunAsync(walk, Schedule.Control(walk.Requests.Count, instance) with { IsFresh = isFresh }));
        }
    }

    /// <summary>Runs the walk undisturbed, but with pauses; twice, where something differs then, as a value does now and then by chance.</summary>
    public async Task RunSlowlyAsync(IReadOnlyList<TimeSpan> pauses)
    {
        await RunOnceSlowlyAsync(pauses);
        if (Expectation.Leaves.Values.Any(static leaf => leaf is { IsTimely: true, Tier: > ReadingTier.Kind }))
        {
            await RunOnceSlowlyAsync(pauses);
        }
    }

    public void Add(RunReadings run)
    {
        controls.Add(run);
        expectation = null;
    }

    private async Task RunOnceSlowlyAsync(IReadOnlyList<TimeSpan> pauses)
    {
        var schedule = Schedule.Control(walk.Requests.Count, next++ % laboratory.InstanceCount);
        slow.Add(await laboratory.RunAsync(walk, schedule with { Places = [.. schedule.Places.Select((place, index) => place with { Pause = pauses[index] })] }));
        expectation = null;
    }
}
