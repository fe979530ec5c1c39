using System.Globalization;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// How many bytes a partition's keys take: the record <c>idempotency-usage/…</c>, changed in the same commits as the keys. It counts by the hour in
/// which keys expire, so that what has expired counts no more without anybody having to say so; later commits take the fields of past hours away. A request that
/// runs counts as what it may take at most, reserved with its claim, so that no number of them at the same time goes beyond what there is room for.
/// </summary>
internal sealed class KeyUsage
{
    /// <summary>What a key takes besides its response and plan: two records, their names and an engine's own bookkeeping, rounded up.</summary>
    public const int KeyBytes = 512;

    /// <summary>What the engine's memory of a step takes.</summary>
    public const int StepBytes = 256;

    /// <summary>What is reserved for steps at a time: sixteen.</summary>
    public const int StepRoomBytes = 16 * StepBytes;

    private const char Mark = 'h';
    private const int SecondsPerHour = 3600;

    /// <summary>An hour after a key's expiry its field may go, by anybody's clock.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    private static readonly TimeSpan Lifetime = StateLimits.MaxRequestWindow + (2 * Grace);

    private readonly Record record;
    private readonly long nowSeconds;

    /// <param name="record">The partition's record.</param>
    /// <param name="now">The time.</param>
    public KeyUsage(Record record, DateTimeOffset now) => (this.record, nowSeconds) = (record, now.ToUnixTimeSeconds());

    /// <summary>What is reserved for a request that begins: beyond it, a plan and further steps ask for room themselves.</summary>
    public static long Reservation(IdempotencyOptions options) => KeyBytes + StepRoomBytes + options.MaxResponseBytes;

    /// <summary>What the partition's keys take by now, and what is reserved.</summary>
    public long Bytes => Hours().Where(hour => EndOf(hour) > nowSeconds).Sum(hour => record.Counter(FieldOf(hour)));

    /// <summary>In how many seconds some of it expires.</summary>
    public int SecondsToRelief =>
        (int)(Hours().Select(EndOf).Where(end => end > nowSeconds).Order().FirstOrDefault(nowSeconds + 1) - nowSeconds);

    /// <summary>The hours that are long past.</summary>
    public IReadOnlyList<long> Past => [.. Hours().Where(hour => EndOf(hour) + (long)Grace.TotalSeconds <= nowSeconds)];

    /// <summary>The hour in which something of that lifetime expires.</summary>
    public static long HourOf(DateTimeOffset now, TimeSpan lifetime) => (now + lifetime).ToUnixTimeSeconds() / SecondsPerHour;

    /// <summary>The partition's record.</summary>
    public static Address AddressOf(PartitionMap partitions, int partition) => new("idempotency-usage", partitions.Pin(partition, "keys"));

    /// <summary>A change of the partition's record.</summary>
    public static RecordChange Change(PartitionMap partitions, int partition) => RecordChange.Update(AddressOf(partitions, partition)).ExpireAfter(Lifetime);

    public static string FieldOf(long hour) => string.Create(CultureInfo.InvariantCulture, $"{Mark}{hour}");

    private static long EndOf(long hour) => (hour + 1) * SecondsPerHour;

    private IEnumerable<long> Hours() =>
        from field in record.Fields.Keys
        where field[0] == Mark
        select long.Parse(field.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture);
}
