using System.Diagnostics;

namespace Holdfast.Bench;

/// <summary>Something that is done in this process, by callers who each do it again and again.</summary>
/// <param name="Name">What it is called in the lines that are printed.</param>
/// <param name="Callers">How many callers do it at once.</param>
/// <param name="RunAsync">Does it once, for a caller and its count.</param>
internal sealed record Operation(string Name, int Callers, Func<int, long, ValueTask> RunAsync) : Measured(Name)
{
    /// <inheritdoc/>
    public override async Task<(double Rate, double? Bytes)> MeasureAsync(TimeSpan slice)
    {
        var before = GC.GetTotalAllocatedBytes();
        var watch = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            long count = 0;
            for (; watch.Elapsed < slice; count++)
            {
                await RunAsync(caller, count);
            }

            return count;
        }));
        var done = (double)counts.Sum();
        return (done / watch.Elapsed.TotalSeconds, (GC.GetTotalAllocatedBytes() - before) / done);
    }
}
