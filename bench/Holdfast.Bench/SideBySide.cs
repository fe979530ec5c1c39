using System.Globalization;

namespace Holdfast.Bench;

/// <summary>
/// Measures things in turns, in one run, and prints how they compare. Machines are noisy and differ:
/// what is comparable is the ratio of two things that took turns.
/// </summary>
/// <param name="slice">How long a turn takes.</param>
/// <param name="warmUps">Rounds that do not count: until what is measured has been compiled for good.</param>
/// <param name="rounds">Rounds that count.</param>
internal sealed class SideBySide(TimeSpan slice, int warmUps, int rounds)
{
    /// <summary>Prints each rate and, as the first compares to each other one, a line <c>RATIO first:other value</c>.</summary>
    public async Task RunAsync(params Measured[] things)
    {
        var rates = await MeasureAsync(things);
        for (var i = 1; i < things.Length; i++)
        {
            Print($"{things[0].Name}:{things[i].Name}", rates[0], rates[i]);
        }
    }

    /// <summary>Prints each rate and, as each other one compares to the first, a line <c>RATIO other:first value</c>.</summary>
    public async Task RunAgainstFirstAsync(params Measured[] things)
    {
        var rates = await MeasureAsync(things);
        for (var i = 1; i < things.Length; i++)
        {
            Print($"{things[i].Name}:{things[0].Name}", rates[i], rates[0]);
        }
    }

    public static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static void Print(string names, List<double> first, List<double> other)
    {
        var ratio = Median([.. first.Zip(other, static (one, two) => one / two)]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"RATIO {names} {ratio:0.00}"));
    }

    // Who begins changes from round to round.
    private async Task<List<double>[]> MeasureAsync(Measured[] things)
    {
        var rates = things.Select(static _ => new List<double>()).ToArray();
        var bytes = new double?[things.Length];
        for (var round = -warmUps; round < rounds; round++)
        {
            for (var turn = 0; turn < things.Length; turn++)
            {
                var index = (turn + round + warmUps) % things.Length;
                var (rate, allocated) = await things[index].MeasureAsync(slice);
                if (round >= 0)
                {
                    rates[index].Add(rate);
                    bytes[index] = allocated;
                }
            }
        }

        foreach (var (index, thing) in things.Index())
        {
            Console.WriteLine($"  {thing.Name,-34} {Median(rates[index]),12:N0}/s{(bytes[index] is { } each ? $" {each,10:N0} B/op" : "")}");
        }

        return rates;
    }
}
