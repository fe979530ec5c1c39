using System.Numerics;

namespace Holdfast.Embedded;

/// <summary>
/// When records were last used, in steps of about a tenth of a second. It starts anew after some years, so that ages are differences of up to half of that.
/// </summary>
internal sealed class UseClock(TimeProvider clock)
{
    private readonly int shift = BitOperations.Log2((ulong)Math.Max(1, clock.TimestampFrequency / 8));

    /// <summary>The moment of a timestamp.</summary>
    public uint Of(long timestamp) => (uint)(timestamp >> shift);

    /// <summary>How long ago that was; nothing if it is yet to come.</summary>
    public static uint Age(uint now, uint lastUse) => (uint)Math.Max(0, (int)(now - lastUse));
}
