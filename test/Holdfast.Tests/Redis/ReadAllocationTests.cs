using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

[Collection(nameof(AloneCollection))]
public sealed class ReadAllocationTests
{
    private const int Reads = 50_000;

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    public async Task A_small_read_allocates_at_most_100_bytes_its_record_included(int callers)
    {
        await using var server = await RedisServer.StartAsync();
        await using var engine = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default with { NearCacheMaxBytes = 0 });
        var thing = new Address("thing", "t");
        await engine.CommitAsync(new Commit(RecordChange.Update(thing).Set("v", "xxx")));
        using var staying = new CancellationTokenSource();
        async Task ReadAsync()
        {
            for (var i = 0; i < Reads / callers; i++)
            {
                Assert.NotNull((await engine.ReadAsync(thing, Freshness.Latest, staying.Token)).Record);
            }
        }

        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => ReadAsync()));
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => ReadAsync()));
        var each = (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Reads;

        Assert.True(each <= 100, $"{each:0.0} bytes for each read.");
    }
}
