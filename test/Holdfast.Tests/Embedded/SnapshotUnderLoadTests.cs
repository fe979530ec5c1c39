using System.Globalization;
using Holdfast.Embedded;
using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>A snapshot is copied while commits go on: with the log it leads to what the engine showed, record by record.</summary>
public sealed class SnapshotUnderLoadTests : IDisposable
{
    private const int Records = 4000;
    private const int Writers = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(Experiment.Count(2, 60));

    private readonly StoreCopy store = new();

    public void Dispose() => store.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_is_recovered_is_what_was_shown(int seed)
    {
        await using var engine = await store.OpenAsync();
        for (var number = 0; number < Records; number++)
        {
            await engine.CommitAsync(Change(new Random(number), number));
        }

        var rounds = Experiment.Count(4, 100);
        using var patience = new CancellationTokenSource(Patience);
        for (int round = 0, interleaved = 0; interleaved < rounds; round++)
        {
            patience.Token.ThrowIfCancellationRequested();
            using var stop = new CancellationTokenSource();
            var commits = 0;
            var writers = Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
            {
                for (var random = new Random((seed * 1000) + (round * Writers) + writer); !stop.IsCancellationRequested; Interlocked.Increment(ref commits))
                {
                    await engine.CommitAsync(Change(random, (random.Next(Records / Writers) * Writers) + writer));
                }
            })).ToArray();
            var before = Volatile.Read(ref commits);
            await Task.Run(engine.Checkpoint);
            var meanwhile = Volatile.Read(ref commits) - before;
            await stop.CancelAsync();
            await Task.WhenAll(writers);

            // A loaded machine may have given the writers no time meanwhile: that round shows nothing.
            interleaved += meanwhile > 0 ? 1 : 0;
            using var copy = store.Copy();
            await using var again = await copy.OpenAsync();
            Assert.Equal(await ContentAsync(engine), await ContentAsync(again));
        }

        Assert.DoesNotContain(store.Events, static item => item.Name == "CheckpointFailed");
        Assert.True(File.Exists(store["snapshot-000001"]) || store.Events.Any(static item => item.Name == "SnapshotMade"));
    }

    private static Commit Change(Random random, int number)
    {
        var address = new Address("thing", $"{number}");
        var change = random.Next(10) switch
        {
            0 or 1 => RecordChange.Delete(address),
            2 => RecordChange.Keep(address).ExpireAfter(TimeSpan.FromHours(random.Next(1, 1000))),
            3 => RecordChange.Update(address).Remove("a").ExpireAfter(TimeSpan.FromHours(random.Next(1, 1000))),
            4 => RecordChange.Update(address).Set("a", new string('x', random.Next(300))).NeverExpire(),
            5 => RecordChange.Update(address).Set("b", "constant").Remove("c"),
            _ => RecordChange.Update(address).Add("n", 1).Set("c", random.Next().ToString(CultureInfo.InvariantCulture)),
        };
        return new Commit(change) { Durability = Durability.Written };
    }

    private static async Task<SortedDictionary<string, string>> ContentAsync(EmbeddedEngine engine)
    {
        SortedDictionary<string, string> content = new(StringComparer.Ordinal);
        await foreach (var record in engine.ScanAsync(0, "thing"))
        {
            var fields = record.Fields.OrderBy(static pair => pair.Key, StringComparer.Ordinal)
                .Select(static pair => $"{pair.Key}={Convert.ToHexString(pair.Value.Span)}");
            var hours = record.TimeToLive(TimeProvider.System) is { } left ? $"{Math.Round(left.TotalHours)}" : "never";
            content.Add(record.Address.ToString(), $"{record.Revision} {record.Birth} {hours} {string.Join(' ', fields)}");
        }

        return content;
    }
}
