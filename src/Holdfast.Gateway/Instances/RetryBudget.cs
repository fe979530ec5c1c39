namespace Holdfast.Gateway.Instances;

/// <summary>
/// Bounds what retries add to a service's load, so that a service which fails is not held down by them: a bucket that
/// requests fill by a share each and time fills at a floor's rate. Source: Twitter Finagle's RetryBudget.
/// </summary>
internal sealed class RetryBudget(TimeProvider clock)
{
    private readonly Lock gate = new();
    private double tokens = GatewayLimits.RetryBurst;
    private long filledAt = clock.GetTimestamp();

    public void CountRequest()
    {
        lock (gate)
        {
            tokens = Math.Min(GatewayLimits.RetryBurst, tokens + GatewayLimits.RetryShare);
        }
    }

    public bool TryTake()
    {
        lock (gate)
        {
            var asOf = clock.GetTimestamp();
            var earned = clock.GetElapsedTime(filledAt, asOf).TotalSeconds * GatewayLimits.RetryFloorPerSecond;
            filledAt = asOf;
            tokens = Math.Min(GatewayLimits.RetryBurst, tokens + earned);
            if (tokens < 1)
            {
                return false;
            }

            tokens--;
            return true;
        }
    }
}
