namespace Holdfast.Gateway.Balancing;

/// <summary>
/// What an instance's answers say of it: how many of the last ten to twenty seconds' requests it failed, by a status of
/// 500 and more, by a connection that broke or by silence. Two spans of ten seconds are counted, the running one and the one before.
/// </summary>
internal sealed class Conduct(TimeProvider clock)
{
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(10);
    private readonly Lock gate = new();
    private (int Requests, int Failures) running;
    private (int Requests, int Failures) before;
    private long began = clock.GetTimestamp();
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
                Turn();
                return (running.Requests + before.Requests, running.Failures + before.Failures);
            }
        }
    }

    /// <summary>Whether it is to be left alone for now.</summary>
    public bool IsEjected
    {
        get
        {
            lock (gate)
            {
                return ejectedAt is { } at && clock.GetElapsedTime(at) < ejectedFor;
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
            Turn();
            running = (running.Requests + 1, running.Failures + (isFailure ? 1 : 0));
            return isFailure && running.Failures + before.Failures >= GatewayLimits.EjectionFailures;
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
            (running, before) = ((0, 0), (0, 0));
            return ejectedFor;
        }
    }

    private void Turn()
    {
        var elapsed = clock.GetElapsedTime(began);
        if (elapsed < Span)
        {
            return;
        }

        before = elapsed < Span * 2 ? running : (0, 0);
        running = (0, 0);
        began = clock.GetTimestamp();
    }
}
