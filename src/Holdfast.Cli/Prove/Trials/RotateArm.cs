using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>Spreads requests over instances, and makes sure of what differs then.</summary>
internal sealed class RotateArm(Laboratory laboratory, ControlGroup controls, Entropy entropy)
{
    /// <summary>How many orders are tried.</summary>
    public const int Orders = 14;

    /// <summary>How often an order in which something differs is repeated, at most.</summary>
    private const int MaxRepeats = 12;

    /// <summary>How many undisturbed runs go with each repeat.</summary>
    private const int ControlsPerRepeat = 3;

    /// <summary>How many orders are repeated, so that differences which not all of them show are made sure of too.</summary>
    private const int MaxSuspects = 3;

    private readonly List<(Schedule Schedule, RunReadings Run)> runs = [];

    /// <summary>Runs each order once.</summary>
    public async Task RunAsync(bool isFresh, int orders)
    {
        foreach (var schedule in Rotations.Of(controls.Walk, laboratory.InstanceCount, orders, entropy))
        {
            // One order is run in any case: without it nothing at all is known of other instances.
            if (runs.Count == 0 || laboratory.Budget.HasShare(0.3))
            {
                var fresh = schedule with { IsFresh = isFresh };
                runs.Add((fresh, await laboratory.RunAsync(controls.Walk, fresh)));
            }
        }
    }

    /// <summary>Whether a run differs in something else than cookies.</summary>
    public bool HasSuspects => runs.Any(run => controls.Expectation.Check(run.Run).Any(static deviation => !Leaf.IsCookiePath(deviation.Path)));

    /// <summary>
    /// Repeats orders in which something differs, with undisturbed runs in between, until that is no chance, or proves
    /// to be noise. Returns what is sure.
    /// </summary>
    public async Task<IReadOnlyList<Suspicion>> ConfirmAsync()
    {
        var sure = new List<Suspicion>();
        for (var suspect = 0; suspect < MaxSuspects; suspect++)
        {
            var known = sure.Select(static suspicion => suspicion.Ordinal).ToHashSet();
            var (schedule, news) = runs
                .Select(run => (run.Schedule, News: controls.Expectation.Check(run.Run).Where(deviation => !Leaf.IsCookiePath(deviation.Path) && !known.Contains(deviation.Ordinal)).Count()))
                .DefaultIfEmpty()
                .MaxBy(static run => run.News);
            if (news == 0)
            {
                break;
            }

            var confirmed = (await RepeatAsync(schedule)).Where(suspicion => known.Add(suspicion.Ordinal)).ToArray();
            sure.AddRange(confirmed);
            if (confirmed.Length == 0)
            {
                runs.RemoveAll(run => run.Schedule == schedule);
            }
        }

        return [.. sure.OrderBy(static suspicion => suspicion.Ordinal)];
    }

    private async Task<IReadOnlyList<Suspicion>> RepeatAsync(Schedule schedule)
    {
        var repeats = new List<RunReadings>();
        IReadOnlyList<LeafTally> tallies = [];
        while (repeats.Count < MaxRepeats && laboratory.Budget.HasShare(0.25))
        {
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
               select new Suspicion(answer.Key, answer.MinBy(static tally => LeafTally.Rank(tally.Path))!, schedule),
        ];
    }
}
