using Holdfast.Gateway.Instances;

namespace Holdfast.Gateway.Balancing;

/// <summary>
/// Weighted rendezvous hashing (Thaler and Ravishankar, 1998; Schindelhauer and Schomaker, 2005): of all instances the
/// one that scores highest for the key. Every gateway comes to the same, and when an instance joins or leaves only its
/// own keys move. Requests without a key take turns.
/// </summary>
internal sealed class ConsistentHash : Choice
{
    private const ulong FnvOffset = 14695981039346656037;
    private const ulong FnvPrime = 1099511628211;
    private readonly RoundRobin turns = new();

    public override Upstream Among(ReadOnlySpan<Upstream> candidates, string? key, double[]? shares)
    {
        if (string.IsNullOrEmpty(key))
        {
            return turns.Among(candidates, key, shares);
        }

        var hash = HashOf(key);
        var best = candidates[0];
        var highest = double.NegativeInfinity;
        for (var i = 0; i < candidates.Length; i++)
        {
            // Over (0, 1), ends excluded, so that the logarithm is finite.
            var place = ((Dice.Mix(HashOf(candidates[i].Id, hash)) >> 11) + 0.5) * (1.0 / (1UL << 53));
            var score = -(shares?[i] ?? 1) / Math.Log(place);
            if (score > highest)
            {
                (highest, best) = (score, candidates[i]);
            }
        }

        return best;
    }

    /// <summary>FNV-1a, which is the same in every process.</summary>
    public static ulong HashOf(string text) => HashOf(text, FnvOffset);

    private static ulong HashOf(string text, ulong seed)
    {
        foreach (var character in text)
        {
            seed = (seed ^ character) * FnvPrime;
        }

        return seed;
    }
}
