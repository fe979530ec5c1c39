using Holdfast.Gateway.Instances;
using Holdfast.Gateway.Services;

namespace Holdfast.Gateway.Balancing;

/// <summary>
/// What instances are due of the requests: their weight, less for one that has just come or come back. The curve is
/// Envoy's: weight × max(10 %, (age / window)^(1 / aggression)), with aggression 1.
/// </summary>
internal static class Shares
{
    private const double Least = 0.1;

    /// <summary>The shares in the order of the instances; null when all are equal, which is the usual case.</summary>
    public static double[]? Of(ReadOnlySpan<Upstream> candidates, ServiceSettings settings, TimeProvider clock)
    {
        double[]? shares = null;
        for (var i = 0; i < candidates.Length; i++)
        {
            var share = Of(candidates[i], settings, clock);
            if (shares is null && share != 1)
            {
                shares = new double[candidates.Length];
                Array.Fill(shares, 1);
            }

            if (shares is not null)
            {
                shares[i] = share;
            }
        }

        return shares;
    }

    private static double Of(Upstream upstream, ServiceSettings settings, TimeProvider clock)
    {
        var weight = settings.Weights.Count > 0 && settings.Weights.TryGetValue(upstream.Id, out var own) ? own : upstream.Weight;
        var warmth = settings.SlowStart > TimeSpan.Zero ? Warmth(upstream.ReadySince, settings.SlowStart, clock) : 1;
        if (upstream.Conduct.ReturnedAt is { } returned)
        {
            warmth = Math.Min(warmth, Warmth(returned, GatewayLimits.RecoveryTime, clock));
        }

        return weight / (double)RegisteredInstance.DefaultWeight * warmth;
    }

    private static double Warmth(long since, TimeSpan window, TimeProvider clock) =>
        Math.Clamp(clock.GetElapsedTime(since) / window, Least, 1);
}
