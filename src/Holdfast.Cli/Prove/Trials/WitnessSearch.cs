using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Runs;
using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>Shrinks a walk in which an answer differs, as long as it still does.</summary>
internal sealed class WitnessSearch(Laboratory laboratory, ControlGroup controls)
{
    /// <summary>The share of the time that is kept for what comes after.</summary>
    private const double Reserve = 0.2;

    /// <summary>How often the order that a suspicion was made sure of is tried again, at most.</summary>
    private const int MaxAttempts = 5;

    /// <summary>Whether there is time for it.</summary>
    public bool HasTime => laboratory.Budget.HasShare(Reserve);

    /// <summary>The smallest walk that shows the suspicion; null when it doesn't show again.</summary>
    public async Task<Witness?> ShrinkAsync(Suspicion suspicion)
    {
        if (await BeginAsync(suspicion) is not { } best)
        {
            return null;
        }

        var readPlace = best.Schedule.Places[^1];
        (WalkRequest, Place)[] items = [.. best.Walk.Requests.Zip(best.Schedule.Places).SkipLast(1)];
        await DeltaDebugging.MinimizeAsync(items, async smaller =>
        {
            var found = await ShowsAsync(suspicion, smaller, readPlace);
            best = found ?? best;
            return found is not null;
        });
        return best;
    }

    /// <summary>All that comes ahead of the read, in the simplest order that shows the suspicion; null when none does.</summary>
    private async Task<Witness?> BeginAsync(Suspicion suspicion)
    {
        var prefix = controls.Walk.Through(suspicion.Ordinal).Requests.SkipLast(1).ToArray();
        var places = suspicion.Schedule.Places;
        var readPlace = places[prefix.Length];

        // The plain order first: all that was written on one instance and left alone, and then the read. Nothing has made
        // sure of that order, and chance shows things twice: it has to show again.
        (WalkRequest, Place)[] plain = [.. prefix.Select(static request => (request, new Place(0)))];
        var plainRead = new Place(suspicion.Schedule.Arm is Arm.Rotate or Arm.Scale ? 1 : 0) { Before = DisturbanceOf(suspicion.Schedule) };
        if (await ShowsAsync(suspicion, plain, plainRead) is not null && await ShowsAsync(suspicion, plain, plainRead) is { } simple)
        {
            return simple;
        }

        (WalkRequest, Place)[] straight = [.. prefix.Select((request, index) => (request, places[index] with { Spreads = false }))];
        var straightRead = readPlace with { Spreads = false };
        if (readPlace.Spreads && await ShowsAsync(suspicion, straight, straightRead) is not null && await ShowsAsync(suspicion, straight, straightRead) is { } direct)
        {
            return direct;
        }

        // The order that was made sure of shows it most times and not every time, where the application stores what is
        // written now and then: that may fall between the write and the read.
        (WalkRequest, Place)[] items = [.. prefix.Select((request, index) => (request, places[index]))];
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            if (await ShowsAsync(suspicion, items, readPlace) is { } witness)
            {
                return witness;
            }
        }

        return null;
    }

    private async Task<Witness?> ShowsAsync(Suspicion suspicion, IReadOnlyList<(WalkRequest Request, Place Place)> chosen, Place readPlace)
    {
        var read = controls.Walk.Requests.First(request => request.Ordinal == suspicion.Ordinal);
        var walk = new Walk([.. chosen.Select(static item => item.Request), read]);
        var schedule = suspicion.Schedule with { Places = [.. chosen.Select(static item => item.Place), readPlace] };
        return await DiffersAsync(walk, schedule, suspicion.Leaf.Path) is { } leaf ? new Witness(walk, schedule, leaf) : null;
    }

    /// <summary>Whether the suspicion still shows when all requests of a step are left out.</summary>
    public async Task<bool> ShowsWithoutAsync(Suspicion suspicion, Step step)
    {
        var prefix = controls.Walk.Through(suspicion.Ordinal).Requests;
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
        if (!HasTime)
        {
            return null;
        }

        var undisturbed = controls.For(walk);
        var tests = new List<RunReadings>();
        for (var round = 1; round <= 2; round++)
        {
            await undisturbed.RunAsync(2, schedule.IsFresh);
            tests.Add(await laboratory.RunAsync(walk, schedule));
            if (Differing(undisturbed.Expectation, tests, path) is null)
            {
                return null;
            }
        }

        return Differing(undisturbed.Expectation, tests, path);
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
