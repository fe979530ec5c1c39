namespace Holdfast.Testing;

/// <summary>Chance that a seed repeats (G. Marsaglia, "Xorshift RNGs", 2003): what clients do next, and which fault comes when.</summary>
internal sealed class Dice(int seed)
{
    private ulong state = ((ulong)(uint)seed + 1) * 0x9E37_79B9_7F4A_7C15;

    /// <summary>A number from 0 up to below that.</summary>
    public int Next(int below)
    {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return (int)(state % (uint)below);
    }

    /// <summary>The same things in another order.</summary>
    public IReadOnlyList<T> Shuffle<T>(IEnumerable<T> things) => [.. things.Select(thing => (Place: Next(int.MaxValue), Thing: thing)).OrderBy(static item => item.Place).Select(static item => item.Thing)];
}
