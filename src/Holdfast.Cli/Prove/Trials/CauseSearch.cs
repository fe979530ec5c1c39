using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Diagnosis;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>Makes experiments with a witness, each of which takes one possible cause away.</summary>
internal sealed class CauseSearch
{
    /// <summary>How long a write may stay where only its instance knows it, for it to be told from one that never leaves.</summary>
    public static readonly TimeSpan Later = TimeSpan.FromSeconds(2.5);

    private const int ControlRuns = 6;

    /// <summary>How many more undisturbed runs are made where too many of them have met a chance to agree on the value.</summary>
    private const int MaxControlRuns = 18;

    /// <summary>By how many runs it must be one way rather than the other, and how many are made for that at most.</summary>
    private const int Lead = 2;

    private const int MaxRuns = 7;

    private readonly Laboratory laboratory;
    private readonly Witness witness;
    private readonly ControlGroup controls;
    private readonly int length;
    private readonly bool isFresh;

    public CauseSearch(Laboratory laboratory, ControlGroup whole, Witness witness)
    {
        (this.laboratory, this.witness) = (laboratory, witness);
        controls = whole.For(witness.Walk);
        length = witness.Walk.Requests.Count;

        // A counter that goes on over runs tells where it was kept only if each run begins it anew.
        isFresh = laboratory.CanDisturb && (witness.Schedule.IsFresh || witness.Leaf.Expected.Tier == ReadingTier.Amount);
    }

    private bool IsExpected => controls.Expectation.Leaves.GetValueOrDefault((witness.Read.Ordinal, witness.Leaf.Path)) is null or { IsFirm: true };

    private TimeSpan LaterHere => Patience.For(Later, controls.Controls);

    /// <summary>The experiments' outcomes, and what the exchanges show.</summary>
    public async Task<(Pattern Pattern, Signs Signs)> SearchAsync()
    {
        do
        {
            await controls.RunAsync(ControlRuns, isFresh);
        }
        while (!IsExpected && controls.Controls.Count < MaxControlRuns);

        var undisturbed = controls.Controls.Select(static run => run.Run).ToArray();
        var test = await laboratory.RunAsync(witness.Walk, witness.Schedule with { IsFresh = isFresh });
        var signs = SignReader.Of(undisturbed, test.Run);
        var pattern = new Pattern { Rotate = witness.Schedule.Arm == Arm.Rotate ? true : await DiffersAsync(Rotated(TimeSpan.Zero)) };
        if (!laboratory.CanDisturb)
        {
            return (pattern with { RotateLater = await DiffersLaterAsync(Rotated(LaterHere)) }, signs);
        }

        pattern = pattern with
        {
            Restart = await DiffersAsync(Disturbed(Arm.Restart, Disturbance.Restart, TimeSpan.Zero)),
            Kill = await DiffersAsync(Disturbed(Arm.Kill, Disturbance.Kill, TimeSpan.Zero)),
        };
        if (witness.Schedule.Arm == Arm.Scale)
        {
            pattern = pattern with { Scale = true };
        }

        if (pattern.Rotate == true && pattern.Restart == false || signs.Rejected is not null)
        {
            pattern = pattern with { Renew = await DiffersAsync(Disturbed(Arm.Restart, Disturbance.Renew, TimeSpan.Zero)) };
        }

        return (await SearchLaterAsync(pattern, signs), signs);
    }

    /// <summary>The experiments that take seconds, where they would tell something.</summary>
    private async Task<Pattern> SearchLaterAsync(Pattern pattern, Signs signs)
    {
        if (signs.Rejected is not null || signs.AffinityCookie is not null || signs.NamesInstance)
        {
            return pattern;
        }

        if (pattern is { Rotate: true, Kill: not null })
        {
            pattern = pattern with { RotateLater = await DiffersLaterAsync(Rotated(LaterHere)) };
        }

        // What looks like a copy that is old may be a write that comes late, and came just then: that is asked once more.
        if (pattern is { RotateLater: true, Renew: false })
        {
            pattern = pattern with { RotateLater = await DiffersLaterAsync(Rotated(LaterHere)) };
        }

        if (pattern is { RotateLater: false, Kill: false })
        {
            pattern = pattern with { Kill = await DiffersAtTimesAsync(Disturbed(Arm.Kill, Disturbance.Kill, TimeSpan.Zero)) };
        }

        if (pattern is { Restart: true } and not { RotateLater: false })
        {
            pattern = pattern with { RestartLater = await DiffersLaterAsync(Disturbed(Arm.Restart, Disturbance.Restart, LaterHere)) };
        }

        return pattern;
    }

    /// <summary>Whether the witness's value differs under the schedule; null when there was no time to see.</summary>
    private async Task<bool?> DiffersAsync(Schedule schedule)
    {
        if (!laboratory.Budget.Has(TimeSpan.Zero))
        {
            return null;
        }

        var lead = 0;
        for (var run = 0; run < MaxRuns && Math.Abs(lead) < Lead; run++)
        {
            lead += Differs(await laboratory.RunAsync(witness.Walk, schedule)) ? 1 : -1;
        }

        return lead > 0;
    }

    /// <summary>Whether the value differs under the schedule more than once of many times.</summary>
    private async Task<bool?> DiffersAtTimesAsync(Schedule schedule)
    {
        var times = 0;
        for (var run = 0; run < MaxRuns && times < 2 && laboratory.Budget.Has(TimeSpan.Zero); run++)
        {
            times += Differs(await laboratory.RunAsync(witness.Walk, schedule)) ? 1 : 0;
        }

        return times == 2;
    }

    /// <summary>The same for a schedule with a pause, measured against an undisturbed run with the same pause; null when that differs too.</summary>
    private async Task<bool?> DiffersLaterAsync(Schedule schedule)
    {
        var control = Schedule.Control(length, laboratory.InstanceCount - 1);
        control = control with { Places = [.. control.Places.Select((place, index) => place with { Pause = schedule.Places[index].Pause })], IsFresh = isFresh };
        for (var attempt = 0; attempt < 2 && laboratory.Budget.Has(schedule.Pause * 2); attempt++)
        {
            if (!Differs(await laboratory.RunAsync(witness.Walk, control)))
            {
                return Differs(await laboratory.RunAsync(witness.Walk, schedule));
            }
        }

        return null;
    }

    private bool Differs(RunReadings run)
    {
        var last = run.Run.Walk.Requests[^1].Ordinal;
        return controls.Expectation.Check(run).Any(deviation =>
            deviation.Ordinal == last && Witness.RootOf(deviation.Path) == Witness.RootOf(witness.Leaf.Path)
            && controls.Expectation.Leaves.GetValueOrDefault((last, deviation.Path)) is null or { IsFirm: true });
    }

    /// <summary>The witness's own order, or else all on one instance and the read on another, after a pause.</summary>
    private Schedule Rotated(TimeSpan pause)
    {
        var places = witness.Schedule.Arm == Arm.Rotate
            ? witness.Schedule.Places
            : [.. Schedule.Control(length, 0).Places.SkipLast(1), new Place(1)];
        return new Schedule(Arm.Rotate, [.. places.SkipLast(1), places[^1] with { Pause = pause }]) { IsFresh = isFresh };
    }

    /// <summary>All on one instance, to which something happens wherever the witness goes to another, and before the read.</summary>
    private Schedule Disturbed(Arm arm, Disturbance disturbance, TimeSpan pause)
    {
        var places = witness.Schedule.Places;
        return new Schedule(arm, [.. places.Select((place, index) => new Place(0)
        {
            Before = index == length - 1 || (index > 0 && place.Instance != places[index - 1].Instance) ? disturbance : Disturbance.None,
            Pause = index == length - 1 ? pause : TimeSpan.Zero,
            Spreads = index == length - 1 && place.Spreads,
        })]) { IsFresh = isFresh };
    }
}
