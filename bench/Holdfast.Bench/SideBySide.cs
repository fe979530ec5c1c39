using System.Diagnostics;
using System.Globalization;

namespace Holdfast.Bench;

/// <summary>
/// Runs operations in turns, in one process and one run, and prints how they compare. Machines are noisy and differ:
/// what is comparable is the ratio of two operations that took turns.
/// </summary>
internal sealed class SideBySide(TimeSpan slice, int rounds)
{
    /// <summary>Prints each operation's rate and, as the first compares to each other one, a line <c>RATIO name value</c>.</summary>
    /// <param name="operations">What is compared; the operation gets its number and is run by as many callers at once as it says.</param>
    public async Task RunAsync(params Operation[] operations)
    {
        var rates = operations.Select(static _ => new List<double>()).ToArray();
        var bytes = new double[operations.Length];
        for (var round = -1; round < rounds; round++)
        {
            for (var turn = 0; turn < operations.Length; turn++)
            {
                var index = (turn + round + 1) % operations.Length;
                var (rate, allocated) = await MeasureAsync(operations[index]);
                if (round >= 0)
                {
                    rates[index].Add(rate);
                    bytes[index] = allocated;
                }
            }
        }

        foreach (var (index, operation) in operations.Index())
        {
            Console.WriteLine($"  {operation.Name,-34} {Median(rates[index]),12:N0}/s {bytes[index],10:N0} B/op");
        }

        for (var i = 1; i < operations.Length; i++)
        {
            var ratio = Median([.. rates[0].Zip(rates[i], static (first, other) => first / other)]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"RATIO {operations[0].Name}:{operations[i].Name} {ratio:0.00}"));
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private async Task<(double Rate, double Bytes)> MeasureAsync(Operation operation)
    {
        var before = GC.GetTotalAllocatedBytes();
        var watch = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, operation.Callers).Select(async caller =>
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            long count = 0;
            for (; watch.Elapsed < slice; count++)
            {
                await operation.RunAsync(caller, count);
            }

            return count;
        }));
        var done = (double)counts.Sum();
        return (done / watch.Elapsed.TotalSeconds, (GC.GetTotalAllocatedBytes() - before) / done);
    }
}
