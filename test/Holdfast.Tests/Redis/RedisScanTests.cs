using Holdfast.TestServers;

namespace Holdfast.Tests.Redis;

public sealed class RedisScanTests
{
    private const int Records = 10_000;

    // Each process of the server has a hash of its own, and a cursor means other records there.
    [Fact]
    public async Task A_scan_tells_every_record_though_another_process_of_the_server_ends_it()
    {
        await using var server = await RedisServer.StartAsync(isDurable: true);
        await using var engine = await RedisEngine.OpenAsync(server.ConnectionString, PatientOptions.Default);
        for (var i = 0; i < Records; i += StateLimits.MaxRecordsPerCommit)
        {
            var ids = Enumerable.Range(i, Math.Min(StateLimits.MaxRecordsPerCommit, Records - i));
            await engine.CommitAsync(new Commit([.. ids.Select(static id => RecordChange.Update(new Address("thing", "t", $"{id}")))]));
        }

        var told = new HashSet<string>();
        var wasKilled = false;
        await foreach (var record in engine.ScanAsync(engine.Partitions.PartitionOf("t"), "thing"))
        {
            told.Add(record.Address.ToString());
            if (!wasKilled && told.Count == Records / 2)
            {
                wasKilled = true;
                await server.KillAsync();
                await server.RestartAsync();
            }
        }

        Assert.True(wasKilled);
        Assert.Equal(Records, told.Count);
    }
}
