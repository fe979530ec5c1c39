using System.Buffers.Binary;

namespace Holdfast.Redis;

/// <summary>How long to wait before the next attempt: doubling up to a bound, and never in step with others.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan most, Entropy entropy)
{
    private TimeSpan next = first;

    /// <summary>The time to wait now.</summary>
    public TimeSpan Next()
    {
        var wait = Jittered(next, entropy);
        next = next * 2 < most ? next * 2 : most;
        return wait;
    }

    /// <summary>Between half of the time and all of it.</summary>
    public static TimeSpan Jittered(TimeSpan time, Entropy entropy)
    {
        Span<byte> bytes = stackalloc byte[2];
        entropy.Fill(bytes);
        return time * (0.5 + (BinaryPrimitives.ReadUInt16LittleEndian(bytes) / (2.0 * ushort.MaxValue)));
    }
}
