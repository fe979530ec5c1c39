namespace Holdfast.Cli.Prove.Runs;

/// <summary>How long instances take to start, to stop and to be there again after a kill: what deployment is planned with.</summary>
internal sealed class Timings
{
    private readonly List<TimeSpan> starts = [];
    private readonly List<TimeSpan> stops = [];
    private readonly List<TimeSpan> recoveries = [];

    /// <summary>From the start of the process to its first answer; null when it was not measured.</summary>
    public TimeSpan? Start => Median(starts);

    /// <summary>From SIGTERM until nothing of it is left.</summary>
    public TimeSpan? Stop => Median(stops);

    /// <summary>From SIGKILL to the first answer of its successor in the same folder.</summary>
    public TimeSpan? Recovery => Median(recoveries);

    /// <summary>How many requests were sent while an instance was asked to end; null when none was.</summary>
    public int? Requests { get; private set; }

    /// <summary>How many of those got no answer, or an error.</summary>
    public int? Errors { get; private set; }

    public void Asked(int requests, int errors) => (Requests, Errors) = (requests, errors);

    public void Started(TimeSpan time) => Add(starts, time);

    public void Stopped(TimeSpan time) => Add(stops, time);

    public void Recovered(TimeSpan time) => Add(recoveries, time);

    private static void Add(List<TimeSpan> times, TimeSpan time)
    {
        lock (times)
        {
            times.Add(time);
        }
    }

    private static TimeSpan? Median(List<TimeSpan> times)
    {
        lock (times)
        {
            return times.Count == 0 ? null : times.Order().ElementAt(times.Count / 2);
        }
    }
}
