namespace Holdfast.Cli.Prove.Trials;

/// <summary>What waiting does to a number that begins anew with each write.</summary>
/// <param name="From">About what it is right after the write.</param>
/// <param name="By">How far a wait moves it.</param>
internal sealed record Motion(double From, double By)
{
    /// <summary>
    /// The motion, if a wait moves the number each time by more than both what it was before and what it comes to vary.
    /// Null for what varies by itself, and for what goes on from run to run, as an uptime does.
    /// </summary>
    /// <param name="before">The number in runs without a wait, those with one lying between them.</param>
    /// <param name="after">The number in runs with a wait; null in one where it was none.</param>
    public static Motion? Of(double?[] before, double?[] after)
    {
        if (before.Concat(after).Any(static value => value is null))
        {
            return null;
        }

        var by = after.Average()!.Value - before.Average()!.Value;
        return Math.Abs(by) > (before.Max() - before.Min() + after.Max() - after.Min())!.Value ? new Motion(before.Average()!.Value, by) : null;
    }

    /// <summary>Whether a value lies on the other side of where the number began, by at least half of what a wait does.</summary>
    public bool IsTakenBackBy(double? value) => value is { } got && (got - From) * -Math.Sign(By) >= Math.Abs(By) / 2;

    /// <summary>Whether a number never turned round, from the first reading to the last: what is random does.</summary>
    public static bool IsOneWay(IReadOnlyList<double?> readings)
    {
        var steps = readings.Zip(readings.Skip(1)).ToArray();
        return Array.TrueForAll(steps, static step => step.First <= step.Second) || Array.TrueForAll(steps, static step => step.First >= step.Second);
    }
}
