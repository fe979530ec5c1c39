using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

[Collection(nameof(AloneCollection))]
public sealed class ReadAllocationTests
{
    private const int Reads = 50_000;
    private const int Rounds = 10;

    /// <summary>What a small record takes, 96 bytes, and less than one object more, which is 24 at least: the promise is 100, and the process allocates for itself too.</summary>
    private const int MaxBytes = 112;

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    public async Task A_small_read_allocates_its_record_and_no_object_beside_it(int callers)
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

        // The process allocates for itself too, now and then: that can only add.
        var least = double.MaxValue;
        for (var round = 0; round < Rounds && least > MaxBytes; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => ReadAsync()));
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => ReadAsync()));
            least = Math.Min(least, (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Reads);
        }

        Assert.True(least <= MaxBytes, $"{least:0.0} bytes for each read.");
    }
}
