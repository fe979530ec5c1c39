using Holdfast.Embedded;
using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>
/// A process is killed on entering a system call that touches a file of its store, each in turn, while it commits, replaces the log by a snapshot,
/// clears up and closes. Between any two of these calls nothing on the disk changes, so these are all the moments that there are.
/// </summary>
public sealed class CheckpointKillTests : IDisposable
{
    private const int Writers = 4;
    private const int Commits = 3;

    // The log is replaced when the store is closed.
    private const long MinLogBytes = long.MaxValue;

    // What a store consists of before, meanwhile and after.
    private static readonly string[] Files =
        ["", "manifest", "manifest.new", "synced", "snapshot-000001", "snapshot-000002", "log-000001", "log-000002", "log-000003"];

    private readonly StoreCopy store = new();

    public void Dispose() => store.Dispose();

    [Theory]
    [Trait("Experiment", "R9")]
    [InlineData("openat")]
    [InlineData("pwrite64")]
    [InlineData("pwritev2")]
    [InlineData("ftruncate")]
    [InlineData("fdatasync")]
    [InlineData("fsync")]
    [InlineData("rename")]
    [InlineData("unlink")]
    [InlineData("close")]
    public async Task Killed_at_any_system_call_the_store_is_the_old_or_the_new_one(string call)
    {
        using (var writer = new CrashWriter(store.Folder, Writers, MinLogBytes, Commits))
        {
            await writer.EndAsync();
            Assert.True(writer.HasClosed);
        }

        var kills = 0;
        for (var place = 1; ; place += Experiment.Count(small: 3, large: 1))
        {
            using var copy = store.Copy();
            using var writer = new CrashWriter(copy.Folder, Writers, MinLogBytes, Commits, Strace(copy, call, place));
            await writer.EndAsync();
            if (writer.HasClosed)
            {
                break;
            }

            kills++;
            await CheckAsync(copy, writer);
        }

        Assert.True(kills > 0, $"There was no {call} at which to kill it.");
    }

    private static string[] Strace(StoreCopy copy, string call, int place) =>
        ["strace", "-f", "-qq", "-o", "/dev/null", .. Files.SelectMany(file => (string[])["-P", Path.TrimEndingDirectorySeparator(copy[file])]),
            "-e", $"trace={call}", "-e", $"inject={call}:signal=SIGKILL:when={place}"];

    private static async Task CheckAsync(StoreCopy copy, CrashWriter writer)
    {
        var manifest = Manifest.Load(StoreDisk.Machine, copy.Folder)!;
        Assert.Contains((manifest.Snapshot, manifest.FirstLog, manifest.LastLog), new[] { (1, 2, 2), (1, 2, 3), (2, 3, 3) });
        await StoreCheck.CheckAsync(copy, [.. Enumerable.Range(0, Writers).Select(index => writer.Acknowledged.GetValueOrDefault(index, Commits))]);

        // And whoever opens it clears up.
        manifest = Manifest.Load(StoreDisk.Machine, copy.Folder)!;
        Assert.Equal(
            [.. Enumerable.Range(manifest.FirstLog, manifest.LastLog - manifest.FirstLog + 1).Select(Manifest.LogName), "manifest", Manifest.SnapshotName(manifest.Snapshot), "synced"],
            Directory.GetFiles(copy.Folder).Select(static path => Path.GetFileName(path)).Where(static name => name is not (FolderLock.FileName or FolderLock.HolderName))
                .Order(StringComparer.Ordinal));
    }
}
