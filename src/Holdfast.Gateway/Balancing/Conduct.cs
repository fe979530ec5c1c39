namespace Holdfast.Gateway.Balancing;

/// <summary>
/// What an instance's answers say of it: how many of the last ten to twenty seconds' requests it failed, by a status of
/// 500 and more, by a connection that broke or by silence.
/// </summary>
internal sealed class Conduct(TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly RecentRequests recent = new(clock);
    private long? ejectedAt;
    private TimeSpan ejectedFor;
    private int ejections;

    /// <summary>Requests and failures of late.</summary>
    public (int Requests, int Failures) Lately
    {
        get
        {
            lock (gate)
            {
                return recent.Count;
            }
        }
    }

    /// <summary>Whether it is to be left alone for now.</summary>
    public bool IsEjected => EjectedLeft > TimeSpan.Zero;

    /// <summary>How much longer it is to be left alone; zero when it is not.</summary>
    public TimeSpan EjectedLeft
    {
        get
        {
            lock (gate)
            {
                return ejectedAt is { } at && ejectedFor - clock.GetElapsedTime(at) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }
    }

    /// <summary>When the last ejection ended; null when there was none, or it lasts.</summary>
    public long? ReturnedAt
    {
        get
        {
            lock (gate)
            {
                return ejectedAt is { } at && clock.GetElapsedTime(at) >= ejectedFor
                    ? at + (long)(ejectedFor.TotalSeconds * clock.TimestampFrequency)
                    : null;
            }
        }
    }

    /// <summary>Counts a request. Returns whether it is a failure after which the instance is worth judging.</summary>
    public bool Note(bool isFailure)
    {
        lock (gate)
        {
            recent.Add(isFailure);
            return isFailure && recent.Count.Failures >= GatewayLimits.EjectionFailures;
        }
    }

    /// <summary>Has the instance left alone, each time in a row for longer.</summary>
    public TimeSpan Eject()
    {
        lock (gate)
        {
            // One that was well for long after its return begins anew.
            ejections = ejectedAt is { } at && clock.GetElapsedTime(at) < ejectedFor + GatewayLimits.LongestEjection ? ejections + 1 : 1;
            var wanted = GatewayLimits.FirstEjection * Math.Pow(2, Math.Min(ejections - 1, 10));
            ejectedFor = wanted < GatewayLimits.LongestEjection ? wanted : GatewayLimits.LongestEjection;
            ejectedAt = clock.GetTimestamp();
            recent.Clear();
            return ejectedFor;
        }
    }
}
