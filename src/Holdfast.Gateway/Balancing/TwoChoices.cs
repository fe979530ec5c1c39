using Holdfast.Gateway.Instances;

namespace Holdfast.Gateway.Balancing;

/// <summary>
/// Of two instances at random the one with fewer requests in flight for its share: nearly as good as the best of all,
/// and gateways that don't know of each other don't all choose the same one (Mitzenmacher, 2001).
/// </summary>
internal sealed class TwoChoices : Choice
{
    private readonly Dice dice = new();

    public override Upstream Among(ReadOnlySpan<Upstream> candidates, string? key, double[]? shares)
    {
        if (candidates.Length == 1)
        {
            return candidates[0];
        }

        var cast = dice.Next();
        var first = (int)((uint)cast % (uint)candidates.Length);
        var second = (int)((uint)(cast >> 32) % (uint)(candidates.Length - 1));
        if (second >= first)
        {
            second++;
        }

        return candidates[LeastRequests.LoadOf(candidates, second, shares) < LeastRequests.LoadOf(candidates, first, shares) ? second : first];
    }
}
