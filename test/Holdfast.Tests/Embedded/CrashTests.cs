using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>A process that has the store open is killed, or runs out of room, at moments that nobody chose.</summary>
public sealed class CrashTests : IDisposable
{
    private const int Writers = 16;

    // So small that snapshots are made all the time, and are interrupted.
    private const long MinLogBytes = 32 << 10;

    private readonly StoreCopy store = new();

    public void Dispose() => store.Dispose();

    [Fact]
    [Trait("Experiment", "R1")]
    public async Task Acknowledged_commits_survive_kill_9()
    {
        var random = new Random(1);
        var acknowledged = new long[Writers];
        for (var round = 0; round < Experiment.Count(small: 6, large: 500); round++)
        {
            using var writer = new CrashWriter(store.Folder, Writers, MinLogBytes);
            var commits = random.Next(1, 4000);
            await writer.UntilAsync(() => writer.Commits >= commits);
            await writer.KillAsync();
            foreach (var (index, number) in writer.Acknowledged)
            {
                acknowledged[index] = number;
            }

            await StoreCheck.CheckAsync(store, acknowledged);
        }
    }

    [Fact]
    public async Task A_full_disk_refuses_commits_until_there_is_room()
    {
        using var writer = new CrashWriter(store.Folder, Writers, minLogBytes: long.MaxValue);
        await writer.UntilAsync(() => writer.Commits > 0);
        writer.BoundFiles(512 << 10);
        await writer.UntilAsync(() => writer.Refusals >= 3 * Writers);
        var before = writer.Commits;
        writer.BoundFiles(null);
        await writer.UntilAsync(() => writer.Commits >= before + (10 * Writers));
        await writer.KillAsync();

        await StoreCheck.CheckAsync(store, [.. Enumerable.Range(0, Writers).Select(index => writer.Acknowledged[index])]);
    }
}
