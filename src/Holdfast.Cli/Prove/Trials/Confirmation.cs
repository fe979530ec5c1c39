using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>Repeats what seemed to differ, with undisturbed runs in between, until that is no chance, or proves to be noise.</summary>
internal sealed class Confirmation(Laboratory laboratory, ControlGroup controls)
{
    /// <summary>How often it is repeated, at most.</summary>
    private const int MaxRepeats = 12;

    /// <summary>The share of the time that is kept for what comes after; more of it where each run starts instances, which takes long.</summary>
    private const double Reserve = 0.25;

    private const double FreshReserve = 0.5;

    /// <summary>How many undisturbed runs go with each repeat.</summary>
    private const int ControlsPerRepeat = 3;

    /// <summary>What is sure of a schedule: each request whose answer differs, and the value that shows it best.</summary>
    public async Task<IReadOnlyList<Suspicion>> RepeatAsync(Schedule schedule)
    {
        var repeats = new List<RunReadings>();
        IReadOnlyList<LeafTally> tallies = [];
        while (repeats.Count < MaxRepeats)
        {
            if (!laboratory.Budget.HasShare(schedule.IsFresh ? FreshReserve : Reserve))
            {
                laboratory.LeaveOpen(schedule.Arm);
                break;
            }

            repeats.Add(await laboratory.RunAsync(controls.Walk, schedule));
            await controls.RunAsync(ControlsPerRepeat, schedule.IsFresh);
            tallies = [.. LeafTally.Of(controls.Expectation, repeats).Where(static tally => !Leaf.IsCookiePath(tally.Path))];
            if (!tallies.Any(static tally => tally.IsOpen && !tally.IsSignificant()))
            {
                break;
            }
        }

        return
        [
            .. from tally in tallies
               where tally.IsSignificant()
               group tally by tally.Ordinal into answer
               orderby answer.Key
               select new Suspicion(answer.Key, answer.MinBy(static tally => LeafTally.Rank(tally.Path))!, schedule),
        ];
    }
}
