namespace Holdfast.Cli.Prove.Runs;

/// <summary>Where each request of a walk goes.</summary>
/// <param name="Arm">What the schedule is for.</param>
/// <param name="Places">One for each request.</param>
internal sealed record Schedule(Arm Arm, IReadOnlyList<Place> Places)
{
    /// <summary>Whether groups of requests are sent at once.</summary>
    public bool IsConcurrent { get; init; }

    /// <summary>Whether requests of one group, sent one after the other, know as little of each other's cookies as if they were sent at once.</summary>
    public bool KeepsCookies { get; init; }

    /// <summary>Whether the instances are started afresh, in fresh folders, before the run.</summary>
    public bool IsFresh { get; init; }

    /// <summary>How long nothing happens, all in all.</summary>
    public TimeSpan Pause => Places.Aggregate(TimeSpan.Zero, static (sum, place) => sum + place.Pause);

    /// <summary>All requests to one instance.</summary>
    public static Schedule Control(int requests, int instance) => Of(Arm.Control, Enumerable.Repeat(instance, requests));

    /// <summary>Each request to its instance.</summary>
    public static Schedule Of(Arm arm, IEnumerable<int> instances) => new(arm, [.. instances.Select(static instance => new Place(instance))]);
}
