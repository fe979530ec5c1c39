namespace Holdfast.Embedded;

/// <summary>
/// When records were last used, in steps of about a tenth of a second. It starts anew after some years, so that ages are differences of up to half of that.
/// </summary>
internal static class UseClock
{
    private static readonly int Shift = System.Numerics.BitOperations.Log2((ulong)System.Diagnostics.Stopwatch.Frequency / 8);

    public static uint Of(long timestamp) => (uint)(timestamp >> Shift);

    /// <summary>How long ago that was; nothing if it is yet to come.</summary>
    public static uint Age(uint now, uint lastUse) => (uint)Math.Max(0, (int)(now - lastUse));
}
