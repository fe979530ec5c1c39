using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>Spreads requests over instances, and makes sure of what differs then.</summary>
internal sealed class RotateArm(Laboratory laboratory, ControlGroup controls, Entropy entropy)
{
    /// <summary>How many orders are tried.</summary>
    public const int Orders = 14;

    /// <summary>How many of them are tried on instances that have just been started.</summary>
    public const int FreshOrders = 3;

    /// <summary>How many undisturbed runs on such instances tell what is expected there.</summary>
    public const int FreshControls = 4;

    /// <summary>How many orders are repeated, so that differences which not all of them show are made sure of too.</summary>
    private const int MaxSuspects = 3;

    private readonly Confirmation confirmation = new(laboratory, controls);
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

            var confirmed = (await confirmation.RepeatAsync(schedule)).Where(suspicion => known.Add(suspicion.Ordinal)).ToArray();
            sure.AddRange(confirmed);
            if (confirmed.Length == 0)
            {
                runs.RemoveAll(run => run.Schedule == schedule);
            }
        }

        // Where the difference is within one request, between it and what it redirects to, less can be tried.
        return [.. sure.OrderBy(static suspicion => suspicion.Schedule.Places[0].Spreads).ThenBy(static suspicion => suspicion.Ordinal)];
    }
}
