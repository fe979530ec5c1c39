using Holdfast.Gateway.Instances;

namespace Holdfast.Gateway.Balancing;

/// <summary>
/// One after the other. Where shares differ it is nginx's smooth weighted round robin: each gets its share as credit,
/// and whoever has most pays all that was given.
/// </summary>
internal sealed class RoundRobin : Choice
{
    private readonly Lock gate = new();
    private uint turn;

    public override Upstream Among(ReadOnlySpan<Upstream> candidates, string? key, double[]? shares) =>
        shares is null ? candidates[(int)(Interlocked.Increment(ref turn) % (uint)candidates.Length)] : Weighted(candidates, shares);

    private Upstream Weighted(ReadOnlySpan<Upstream> candidates, double[] shares)
    {
        lock (gate)
        {
            var richest = candidates[0];
            double given = 0;
            for (var i = 0; i < candidates.Length; i++)
            {
                candidates[i].Credit += shares[i];
                given += shares[i];
                if (candidates[i].Credit > richest.Credit)
                {
                    richest = candidates[i];
                }
            }

            richest.Credit -= given;
            return richest;
        }
    }
}
