using Xunit;

namespace Holdfast.Testing;

/// <summary>Scans: every record of the kind in the partition, and no other.</summary>
public abstract class ScanConformance(EngineFixture fixture) : EngineConformance(fixture)
{
    private readonly string kind = "scan-" + Convert.ToHexStringLower(RandomBytes());

    [Fact]
    public async Task A_scan_tells_every_record_of_the_kind_in_the_partition_whole()
    {
        await CommitAsync(
            RecordChange.Update(new Address(kind, Affinity)).Set("own", "a").ExpireAfter(TimeSpan.FromHours(1)),
            RecordChange.Update(new Address(kind, Affinity, "1")).Set("own", "b"),
            RecordChange.Update(new Address(kind, Affinity, "gone")),
            RecordChange.Update(new Address(kind + "x", Affinity)),
            RecordChange.Update(new Address(kind[..^1], Affinity)));
        await CommitAsync(RecordChange.Delete(new Address(kind, Affinity, "gone")));
        await CommitAsync(RecordChange.Update(new Address(kind, Engine.Partitions.Pin((Partition + 1) % Engine.Partitions.Count, Unique()))));

        var told = await ScanAsync();
        Assert.Equal([$"{kind}/{Affinity}", $"{kind}/{Affinity}/1"], told.Keys.Order(StringComparer.Ordinal));
        foreach (var record in told.Values)
        {
            var read = await ExistingAsync(record.Address);
            Assert.Equal((read.Revision, read.Birth, read.Text("own")), (record.Revision, record.Birth, record.Text("own")));
            Assert.Equal(read.Deadline is null, record.Deadline is null);
        }
    }

    [Fact]
    public async Task A_scan_of_a_kind_without_records_is_empty()
    {
        await CommitAsync(RecordChange.Update(Thing()));
        Assert.Empty(await ScanAsync());
    }

    [Fact]
    public async Task A_scan_tells_no_expired_record()
    {
        var address = new Address(kind, Affinity);
        await CommitAsync(RecordChange.Update(address).ExpireAfter(TimeSpan.FromMilliseconds(100)));
        await EventuallyAsync(async () => await ReadAsync(address) is null, "the record expires");
        Assert.Empty(await ScanAsync());
    }

    [Fact]
    public async Task Records_that_stay_are_told_while_others_come_and_go()
    {
        const int Staying = 1000;
        for (var i = 0; i < Staying; i += 50)
        {
            await CommitAsync(new Commit([.. Enumerable.Range(i, 50).Select(number => RecordChange.Update(new Address(kind, Affinity, $"stays-{number}")))])
            {
                Durability = Durability.Memory,
            });
        }

        using var stop = new CancellationTokenSource();
        var changing = ComeAndGoUntilAsync(stop.Token);
        var told = await ScanAsync();
        await stop.CancelAsync();
        await changing;

        Assert.Equal(Staying, told.Keys.Count(static address => address.Contains("/stays-", StringComparison.Ordinal)));
    }

    private static byte[] RandomBytes()
    {
        var bytes = new byte[8];
        Entropy.System.Fill(bytes);
        return bytes;
    }

    private async Task<Dictionary<string, Record>> ScanAsync()
    {
        var told = new Dictionary<string, Record>();
        await foreach (var record in Engine.ScanAsync(Partition, kind))
        {
            told[record.Address.ToString()] = record;
        }

        return told;
    }

    private async Task ComeAndGoUntilAsync(CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var address = new Address(kind, Affinity, $"comes-{i % 100}");
            var change = i % 200 < 100 ? RecordChange.Update(address) : RecordChange.Delete(address);
            await CommitAsync(new Commit(change) { Durability = Durability.Memory });
            await Task.Yield();
        }
    }
}
