namespace Holdfast.EndToEnd.Tests.Soak;

/// <summary>
/// A figure that is read again and again, and whether it grows. Collectors make saw teeth of memory, and connections come and go: so the time is
/// cut into parts of as many readings, and each part's least one counts. The slope is the median of the slopes between any two parts
/// (Theil and Sen): a part that is out of line does not move it.
/// </summary>
internal sealed class Trend
{
    private const int Parts = 20;

    private readonly List<long> readings = [];

    /// <summary>Takes note of the figure.</summary>
    public void Add(long reading) => readings.Add(reading);

    /// <summary>What the figure usually is at least.</summary>
    public double Level => Median([.. Floors()]);

    /// <summary>By how much it has grown from the first reading to the last one.</summary>
    public double Growth
    {
        get
        {
            var floors = Floors();
            var slopes = from later in Enumerable.Range(0, floors.Length)
                         from earlier in Enumerable.Range(0, later)
                         select (floors[later] - floors[earlier]) / (double)(later - earlier);
            return Median([.. slopes]) * (floors.Length - 1);
        }
    }

    private long[] Floors()
    {
        Assert.True(readings.Count >= Parts, $"Only {readings.Count} readings tell no trend.");
        return [.. Enumerable.Range(0, Parts).Select(part => readings[(part * readings.Count / Parts)..((part + 1) * readings.Count / Parts)].Min())];
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
    }

    private static double Median(long[] values) => Median([.. values.Select(static value => (double)value)]);
}
