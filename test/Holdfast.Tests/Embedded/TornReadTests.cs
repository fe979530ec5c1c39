using System.Globalization;
using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>Whoever reads while others write sees one version of a record, whole.</summary>
public sealed class TornReadTests : IDisposable
{
    private const int Records = 8;
    private const int Readers = 4;

    private readonly StoreCopy store = new();

    public void Dispose() => store.Dispose();

    [Fact]
    public async Task A_record_that_is_read_is_one_version()
    {
        await using var engine = await store.OpenAsync();
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, Readers).Select(reader => Task.Factory.StartNew(
            () => ReadUntil(engine, reader, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        var commits = Experiment.Count(10_000, 1_000_000);
        var writers = Enumerable.Range(0, Records).Select(number => Task.Run(async () =>
        {
            for (var i = 1; i <= commits / Records; i++)
            {
                await engine.CommitAsync(new Commit(Version(number, i)) { Durability = Durability.Written });
            }
        }));
        await Task.WhenAll(writers);
        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(readers), static found => Assert.True(found > 0, "A reader found nothing."));
    }

    // On a thread of its own: reads never wait here, and would take the pool's from the writers.
    private static int ReadUntil(EmbeddedEngine engine, int first, CancellationToken stop)
    {
        var found = 0;
        for (var i = first; !stop.IsCancellationRequested; i++)
        {
            if (engine.ReadAsync(AddressOf(i % Records), cancellationToken: CancellationToken.None).AsTask().GetAwaiter().GetResult().Record is { } record)
            {
                Check(record);
                found++;
            }
        }

        return found;
    }

    private static Address AddressOf(int number) => new("thing", $"{number}");

    // Lengths change, so that blocks are taken and freed; now and then the record goes.
    private static RecordChange Version(int number, int version)
    {
        if (version % 50 == 0)
        {
            return RecordChange.Delete(AddressOf(number));
        }

        var change = RecordChange.Update(AddressOf(number)).Set("v", version.ToString(CultureInfo.InvariantCulture));
        for (var field = 0; field < 5; field++)
        {
            change.Set($"f{field}", new string((char)('a' + (version % 26)), version % 300));
        }

        return change;
    }

    private static void Check(Record record)
    {
        var version = int.Parse(record.Text("v")!, CultureInfo.InvariantCulture);
        var expected = new string((char)('a' + (version % 26)), version % 300);
        for (var field = 0; field < 5; field++)
        {
            Assert.Equal(expected, record.Text($"f{field}"));
        }
    }
}
