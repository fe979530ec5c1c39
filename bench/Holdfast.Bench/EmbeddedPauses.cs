using System.Globalization;
using Holdfast.TestServers;

namespace Holdfast.Bench;

/// <summary>
/// A million small records, and callers who commit and read one thing about every millisecond, which leaves the machine room: what the longest of them waited while
/// snapshots replace the log one after another, and while none does, beside how late the machine was for who only slept.
/// </summary>
internal static class EmbeddedPauses
{
    private const int Records = 1_000_000;
    private const int AtOnce = 1000;
    private const int Callers = 4;
    private const int Rounds = 3;
    private const int Snapshots = 10;

    private static readonly TimeSpan Without = TimeSpan.FromSeconds(10);

    public static async Task RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-bench-").FullName;
        try
        {
            await using var engine = await EmbeddedEngine.OpenAsync(folder, new StateEngineOptions());
            for (var first = 0; first < Records; first += AtOnce)
            {
                await Task.WhenAll(Enumerable.Range(first, AtOnce).Select(number => engine.CommitAsync(Change(number)).AsTask()));
            }

            for (var round = 0; round < Rounds; round++)
            {
                Measure(engine, "without a snapshot", static () => Thread.Sleep(Without));
                Measure(engine, $"{Snapshots} snapshots", () =>
                {
                    for (var snapshot = 0; snapshot < Snapshots; snapshot++)
                    {
                        engine.Checkpoint();
                    }
                });
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Measure(EmbeddedEngine engine, string name, Action during)
    {
        using var watch = new PauseWatch();
        for (var caller = 0; caller < Callers; caller++)
        {
            var random = new Random(caller);
            var buffer = new RecordBuffer();
            watch.Add("read", () => engine.Read(AddressOf(random.Next(Records)), buffer));
            watch.Add("commit", () => engine.Begin(Change(random.Next(Records)), default).Durable.Wait());
        }

        var (pauses, begun) = (GC.GetTotalPauseDuration(), TimeProvider.System.GetTimestamp());
        watch.During(during);
        Print($"  {name}: {TimeProvider.System.GetElapsedTime(begun).TotalSeconds:0.0} s, the machine late by {watch.Lateness:0.0} ms at most, collector {(GC.GetTotalPauseDuration() - pauses).TotalMilliseconds:0.0} ms");
        foreach (var operation in (string[])["read", "commit"])
        {
            var waits = watch[operation];
            Print($"    {operation,-8} p50 {waits[waits.Count / 2]:0.000} ms, p99.9 {waits[(int)(waits.Count * 0.999)]:0.0} ms, longest of {waits.Count}: {waits[^1]:0.0} ms");
        }
    }

    private static Address AddressOf(int number) => new("session", $"bench-{number}");

    private static Commit Change(int number) => new(RecordChange.Update(AddressOf(number)).ExpireAfter(TimeSpan.FromHours(1))
        .Set("field-0", "0123456789").Set("field-1", "0123456789").Set("field-2", "0123456789"))
    {
        Durability = Durability.Written,
    };

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
