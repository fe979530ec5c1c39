using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>The disk loses power, or has no room left, while a process writes to a store on it.</summary>
public sealed class PowerCutTests
{
    private const int Writers = 16;

    [Fact]
    [Trait("Experiment", "R2")]
    public Task What_was_acknowledged_as_synchronised_survives_loss_of_power() => CutAsync(minLogBytes: long.MaxValue, maxCommits: 2000);

    // So small that segments begin, snapshots are renamed and old files go all the time.
    [Fact]
    [Trait("Experiment", "R3")]
    public Task It_survives_across_new_segments_and_snapshots() => CutAsync(minLogBytes: 32 << 10, maxCommits: 200);

    // With a short log, snapshots fail for want of room too, and what they have taken of it by then must not stay taken.
    [Theory]
    [Trait("Experiment", "R5")]
    [InlineData(long.MaxValue)]
    [InlineData(32 << 10)]
    public async Task A_disk_without_room_refuses_commits_and_shows_what_it_has_until_there_is_room(long minLogBytes)
    {
        using var disk = new LoopDisk(megabytes: 24);
        using var store = new StoreCopy(Path.Combine(disk.Folder, "store"));
        using var writer = new CrashWriter(store.Folder, Writers, minLogBytes);
        await writer.UntilAsync(() => writer.Commits > 0);
        using (disk.Fill())
        {
            // Each refusal tells that the record could be read, and was as it had been.
            await writer.UntilAsync(() => writer.Refusals >= 3 * Writers);
        }

        var before = writer.Commits;
        await writer.UntilAsync(() => writer.Commits >= before + (10 * Writers));
        await writer.KillAsync();
        await StoreCheck.CheckAsync(store, [.. Enumerable.Range(0, Writers).Select(index => writer.Acknowledged[index])]);
    }

    private static async Task CutAsync(long minLogBytes, int maxCommits)
    {
        using var disk = new LoopDisk(megabytes: 128);
        using var store = new StoreCopy(Path.Combine(disk.Folder, "store"));
        var random = new Random(2);
        var acknowledged = new long[Writers];
        for (var round = 0; round < Experiment.Count(small: 4, large: 200); round++)
        {
            using (var writer = new CrashWriter(store.Folder, Writers, minLogBytes))
            {
                var commits = random.Next(1, maxCommits);
                await writer.UntilAsync(() => writer.Commits >= commits);
                disk.CutPower();
                await writer.KillAsync();
                foreach (var (index, number) in writer.Synced)
                {
                    acknowledged[index] = Math.Max(acknowledged[index], number);
                }
            }

            disk.Restart();

            // Beyond those there may be one that was only written, and one under way.
            await StoreCheck.CheckAsync(store, acknowledged, ahead: 2);
        }
    }
}
