using System.Buffers.Binary;

namespace Holdfast.Gateway.Balancing;

/// <summary>Numbers that look random, cheap and without a lock: SplitMix64 (Steele, Lea and Flood, 2014) from a random start.</summary>
internal sealed class Dice
{
    private long state;

    public Dice()
    {
        Span<byte> start = stackalloc byte[sizeof(long)];
        Entropy.System.Fill(start);
        state = BinaryPrimitives.ReadInt64LittleEndian(start);
    }

    public ulong Next() => Mix((ulong)Interlocked.Add(ref state, unchecked((long)0x9E3779B97F4A7C15)));

    /// <summary>From 0 to 1, 1 excluded.</summary>
    public double NextShare() => (Next() >> 11) * (1.0 / (1UL << 53));

    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
