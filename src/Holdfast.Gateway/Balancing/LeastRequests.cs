using Holdfast.Gateway.Instances;

namespace Holdfast.Gateway.Balancing;

/// <summary>The instance with the fewest requests in flight for its share. Ties go round.</summary>
internal sealed class LeastRequests : Choice
{
    private uint turn;

    public override Upstream Among(ReadOnlySpan<Upstream> candidates, string? key, double[]? shares)
    {
        var from = (int)(Interlocked.Increment(ref turn) % (uint)candidates.Length);
        var best = from;
        for (var i = 1; i < candidates.Length; i++)
        {
            var index = (from + i) % candidates.Length;
            if (LoadOf(candidates, index, shares) < LoadOf(candidates, best, shares))
            {
                best = index;
            }
        }

        return candidates[best];
    }

    /// <summary>What it would have with one more, so that an idle one with a small share is not preferred to an idle one with a large share.</summary>
    internal static double LoadOf(ReadOnlySpan<Upstream> candidates, int index, double[]? shares) =>
        (candidates[index].InFlight + 1) / (shares?[index] ?? 1);
}
