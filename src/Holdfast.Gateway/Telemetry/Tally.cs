namespace Holdfast.Gateway.Telemetry;

/// <summary>
/// What is counted of one instance's, or of one route's, requests: plain numbers that cost a few nanoseconds, and are
/// read only when somebody asks. Times go into buckets, each twice as wide as the one before.
/// </summary>
internal sealed class Tally
{
    /// <summary>The buckets' upper bounds in seconds.</summary>
    public static readonly double[] Bounds = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192, 16.384];

    private readonly long[] buckets = new long[Bounds.Length + 1];
    private readonly long[] classes = new long[6];
    private long ticks;

    public void Add(int status, TimeSpan elapsed)
    {
        Interlocked.Increment(ref classes[status is >= 100 and < 600 ? status / 100 : 0]);
        var milliseconds = (uint)Math.Min(elapsed.TotalMilliseconds, uint.MaxValue);
        Interlocked.Increment(ref buckets[milliseconds == 0 ? 0 : Math.Min(BitsOf(milliseconds), Bounds.Length)]);
        Interlocked.Add(ref ticks, elapsed.Ticks);
    }

    /// <summary>Requests by the first digit of their status; 0 for those that ended without one.</summary>
    public long OfClass(int digit) => Volatile.Read(ref classes[digit]);

    /// <summary>Requests whose time lies in the bucket and no earlier one.</summary>
    public long InBucket(int index) => Volatile.Read(ref buckets[index]);

    /// <summary>All times together.</summary>
    public TimeSpan Total => TimeSpan.FromTicks(Volatile.Read(ref ticks));

    private static int BitsOf(uint milliseconds) => 32 - System.Numerics.BitOperations.LeadingZeroCount(milliseconds);
}
