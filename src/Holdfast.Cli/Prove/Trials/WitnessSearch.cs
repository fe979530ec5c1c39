using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Runs;
using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>Shrinks a walk in which an answer differs, as long as it still does.</summary>
internal sealed class WitnessSearch(Laboratory laboratory)
{
    /// <summary>The share of the time that is kept for what comes after.</summary>
    private const double Reserve = 0.2;

    /// <summary>The smallest walk that shows the suspicion; null when it doesn't show again.</summary>
    public async Task<Witness?> ShrinkAsync(Walk walk, Suspicion suspicion)
    {
        var prefix = walk.Through(suspicion.Ordinal);
        var read = prefix.Requests[^1];
        (WalkRequest Request, Place Place)[] items = [.. prefix.Requests.SkipLast(1).Select((request, index) => (request, suspicion.Schedule.Places[index]))];
        var readPlace = suspicion.Schedule.Places[items.Length];

        // The plain order first: all that was written on one instance and left alone, and then the read.
        (WalkRequest, Place)[] plain = [.. items.Select(static item => (item.Request, new Place(0)))];
        var plainRead = new Place(suspicion.Schedule.Arm is Arm.Rotate or Arm.Scale ? 1 : 0) { Before = DisturbanceOf(suspicion.Schedule) };
        (WalkRequest, Place)[] straight = [.. items.Select(static item => (item.Request, item.Place with { Spreads = false }))];
        if (await ShowsAsync(plain, plainRead) is not null)
        {
            (items, readPlace) = (plain, plainRead);
        }
        else if (readPlace.Spreads && await ShowsAsync(straight, readPlace with { Spreads = false }) is not null)
        {
            (items, readPlace) = (straight, readPlace with { Spreads = false });
        }

        Witness? best = await ShowsAsync(items, readPlace);
        if (best is null)
        {
            return null;
        }

        await DeltaDebugging.MinimizeAsync(items, async smaller =>
        {
            var found = await ShowsAsync(smaller, readPlace);
            best = found ?? best;
            return found is not null;
        });
        return best;

        async Task<Witness?> ShowsAsync(IReadOnlyList<(WalkRequest Request, Place Place)> chosen, Place last)
        {
            var smaller = new Walk([.. chosen.Select(static item => item.Request), read]);
            var schedule = suspicion.Schedule with { Places = [.. chosen.Select(static item => item.Place), last] };
            return await DiffersAsync(smaller, schedule, suspicion.Leaf.Path) is { } leaf ? new Witness(smaller, schedule, leaf) : null;
        }
    }

    /// <summary>Whether the suspicion still shows when all requests of a step are left out.</summary>
    public async Task<bool> ShowsWithoutAsync(Walk walk, Suspicion suspicion, Step step)
    {
        var prefix = walk.Through(suspicion.Ordinal).Requests;
        var kept = prefix.Select(static (request, index) => (Request: request, Index: index)).Where(item => item.Request.Step != step).ToArray();
        if (kept.Length == 0 || kept[^1].Index != prefix.Count - 1)
        {
            return false;
        }

        var schedule = suspicion.Schedule with { Places = [.. kept.Select(item => suspicion.Schedule.Places[item.Index])] };
        return await DiffersAsync(new Walk([.. kept.Select(static item => item.Request)]), schedule, suspicion.Leaf.Path) is not null;
    }

    private static Disturbance DisturbanceOf(Schedule schedule) =>
        schedule.Places.Select(static place => place.Before).FirstOrDefault(static before => before != Disturbance.None);

    /// <summary>The value of the last answer that differs, twice of two times; null when it doesn't.</summary>
    private async Task<LeafTally?> DiffersAsync(Walk walk, Schedule schedule, string path)
    {
        if (!laboratory.Budget.HasShare(Reserve))
        {
            return null;
        }

        var controls = new ControlGroup(laboratory, walk);
        var tests = new List<RunReadings>();
        for (var round = 1; round <= 2; round++)
        {
            await controls.RunAsync(2, schedule.IsFresh);
            tests.Add(await laboratory.RunAsync(walk, schedule));
            if (Differing(controls.Expectation, tests, path) is null)
            {
                return null;
            }
        }

        return Differing(controls.Expectation, tests, path);
    }

    private static LeafTally? Differing(Expectation expectation, List<RunReadings> tests, string path)
    {
        var last = tests[0].Run.Walk.Requests[^1].Ordinal;
        return LeafTally.Of(expectation, tests)
            .Where(tally => tally.Ordinal == last && tally.Misses == tests.Count && tally.Expected is { IsFirm: true, Misses: 0 })
            .Where(tally => Witness.RootOf(tally.Path) == Witness.RootOf(path))
            .MinBy(static tally => LeafTally.Rank(tally.Path));
    }
}
