using Holdfast.Gateway.Balancing;
using Holdfast.Gateway.Instances;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Gateway.Overload;

/// <summary>
/// Has a route's requests turned away at once while nothing answers them. A service whose health path is well and whose requests hang
/// would otherwise gather them, each for the whole of its time, which no limit of concurrency forbids: it can't tell them from long polls.
/// </summary>
/// <remarks>
/// <para>It opens when <see cref="GatewayLimits.BreakerFailures"/> requests have failed and none was answered within the last ten to
/// twenty seconds, for <see cref="GatewayLimits.BreakerTime"/> at least: not by the many that an instance takes with it when it dies.
/// Whoever is turned away loses nothing that another one gets. Where a service sets a share instead, errors count as failures too.</para>
/// <para>While it is open, one request each <see cref="GatewayLimits.BreakerProbeInterval"/> is let through. The first answer closes
/// it, and so does an instance that comes, of which nothing is known yet. While there is none, requests wait for one as ever.</para>
/// </remarks>
internal sealed class Breaker(string route, ServicePool pool, GatewayMetrics metrics, TimeProvider clock, ILogger logger)
{
    private readonly Lock gate = new();
    private readonly RecentRequests recent = new(clock);
    private long? failingSince;

    /// <summary>When the last request was let through; null while it is closed.</summary>
    private long? probedAt;

    /// <summary>The pool's count of arrivals when it opened.</summary>
    private int arrivals;

    /// <summary>How often it opened or closed: what was let in before tells nothing of what is now by its failure.</summary>
    private int turn;

    public bool IsOpen
    {
        get
        {
            lock (gate)
            {
                return probedAt is not null && IsStillRight;
            }
        }
    }

    private bool IsStillRight => pool.Settings.Breaks && pool.Arrivals == arrivals;

    /// <summary>Whether a request is let through, and the turn by which what becomes of it is told.</summary>
    public bool LetsIn(out int turnNow)
    {
        lock (gate)
        {
            if (probedAt is not null && !IsStillRight)
            {
                Close();
            }

            turnNow = turn;
            if (probedAt is not { } probed || !pool.HasInstances)
            {
                return true;
            }

            if (clock.GetElapsedTime(probed) < GatewayLimits.BreakerProbeInterval)
            {
                return false;
            }

            probedAt = clock.GetTimestamp();
            return true;
        }
    }

    /// <summary>An instance has begun to answer a request.</summary>
    public void Answered(int turnThen, int status) =>
        Note(turnThen, isFailure: pool.Settings.BreakerShare is not null && status >= StatusCodes.Status500InternalServerError);

    /// <summary>No instance has answered a request, by the fault of those that had it.</summary>
    public void Failed(int turnThen) => Note(turnThen, isFailure: true);

    private void Note(int turnThen, bool isFailure)
    {
        lock (gate)
        {
            if (!isFailure && probedAt is not null)
            {
                Close();
            }
            else if (probedAt is null && (!isFailure || turnThen == turn))
            {
                Count(isFailure);
            }
        }
    }

    private void Count(bool isFailure)
    {
        recent.Add(isFailure);
        var (requests, failures) = recent.Count;
        if (failures == 0 || failures < requests * (pool.Settings.BreakerShare ?? 1))
        {
            failingSince = null;
            return;
        }

        failingSince ??= clock.GetTimestamp();
        if (failures >= GatewayLimits.BreakerFailures && clock.GetElapsedTime(failingSince.Value) >= GatewayLimits.BreakerTime && pool.Settings.Breaks)
        {
            Open(requests, failures);
        }
    }

    private void Open(int requests, int failures)
    {
        probedAt = clock.GetTimestamp();
        arrivals = pool.Arrivals;
        turn++;
        metrics.BreakerOpened(pool.Name);
        Log.BreakerOpened(logger, pool.Name, route, failures, requests);
    }

    private void Close()
    {
        (probedAt, failingSince) = (null, null);
        recent.Clear();
        turn++;
        Log.BreakerClosed(logger, pool.Name, route);
    }
}
