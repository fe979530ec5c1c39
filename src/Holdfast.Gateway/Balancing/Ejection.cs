using Holdfast.Gateway.Instances;

namespace Holdfast.Gateway.Balancing;

/// <summary>
/// Leaves an instance alone that fails what others don't: at least <see cref="GatewayLimits.EjectionFailures"/> failures
/// and half of its requests, twice the share of the others. Where all fail alike it is not the instance's fault. At most
/// half of the instances are left alone at a time.
/// </summary>
internal static class Ejection
{
    private const double FailureShare = 0.5;
    private const double TimesOthers = 2;

    /// <summary>Judges all instances. Returns those that were ejected, and for how long.</summary>
    public static IReadOnlyList<(Upstream Upstream, TimeSpan For)> Judge(IReadOnlyCollection<Upstream> members)
    {
        Upstream[] ready = [.. members.Where(static member => member.IsReady)];
        var ejected = ready.Count(static member => member.Conduct.IsEjected);
        var sums = ready.Select(static member => member.Conduct.Lately).Aggregate((Requests: 0, Failures: 0), static (sum, one) => (sum.Requests + one.Requests, sum.Failures + one.Failures));
        List<(Upstream, TimeSpan)> judged = [];
        foreach (var upstream in ready.Where(static member => !member.Conduct.IsEjected))
        {
            var own = upstream.Conduct.Lately;
            if (own.Failures < GatewayLimits.EjectionFailures || (ejected + 1) * 2 > ready.Length)
            {
                continue;
            }

            var others = (Requests: sums.Requests - own.Requests, Failures: sums.Failures - own.Failures);
            var share = own.Failures / (double)own.Requests;
            var othersShare = others.Requests == 0 ? 0 : others.Failures / (double)others.Requests;
            if (share >= FailureShare && share >= TimesOthers * othersShare)
            {
                judged.Add((upstream, upstream.Conduct.Eject()));
                ejected++;
            }
        }

        return judged;
    }
}
