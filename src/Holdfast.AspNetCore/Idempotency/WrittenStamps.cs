using System.Globalization;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>Stamps as a key's record holds them: <c>partition term revision</c>, one a line.</summary>
internal static class WrittenStamps
{
    public static string Format(IEnumerable<Stamp> stamps) =>
        string.Join('\n', stamps.Select(static stamp => string.Create(CultureInfo.InvariantCulture, $"{stamp.Partition} {stamp.Term} {stamp.Revision}")));

    public static IEnumerable<Stamp> Parse(string text) =>
        from line in text.Split('\n')
        let numbers = line.Split(' ')
        select new Stamp(int.Parse(numbers[0], CultureInfo.InvariantCulture), long.Parse(numbers[1], CultureInfo.InvariantCulture), long.Parse(numbers[2], CultureInfo.InvariantCulture));
}
