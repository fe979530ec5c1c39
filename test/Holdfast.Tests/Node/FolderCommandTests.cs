using Holdfast.TestServers;
using Holdfast.Tests.Embedded;

namespace Holdfast.Tests.Node;

/// <summary><c>holdfast node check</c>, <c>repair</c> and <c>backup</c>, as an operator runs them.</summary>
public sealed class FolderCommandTests
{
    [Fact]
    public async Task A_damaged_folder_is_told_repaired_and_kept_as_it_was()
    {
        using var known = await KnownStore.MakeAsync();
        var folder = known.Store.Folder;
        Assert.Contains("Sound.", await RunAsync(0, "node", "check", folder), StringComparison.Ordinal);

        var log = await File.ReadAllBytesAsync(known.Store["log-000002"]);
        log[300] ^= 4;
        await File.WriteAllBytesAsync(known.Store["log-000002"], log);
        var told = await RunAsync(2, "node", "check", folder);
        Assert.Contains("damage: log-000002 at offset ", told, StringComparison.Ordinal);
        Assert.Contains("loss: partition ", told, StringComparison.Ordinal);
        Assert.Contains("run 'holdfast node repair'", told, StringComparison.Ordinal);

        var repaired = await RunAsync(0, "node", "repair", folder);
        Assert.Contains("damage: log-000002 at offset ", repaired, StringComparison.Ordinal);
        var kept = Assert.Single(Directory.GetDirectories(Path.GetDirectoryName(folder)!, $"{Path.GetFileName(folder)}.damaged-*"));
        Assert.Contains($"is kept in {kept}", repaired, StringComparison.Ordinal);
        Assert.Equal(log, await File.ReadAllBytesAsync(Path.Combine(kept, "log-000002")));
        Directory.Delete(kept, recursive: true);
        Assert.Contains("Sound: nothing was changed.", await RunAsync(0, "node", "repair", folder), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_in_use_is_copied_and_neither_checked_nor_repaired()
    {
        await using var node = await NodeServer.StartAsync();
        using var target = new StoreCopy();
        Directory.Delete(target.Folder);
        Assert.Contains($"Copied to {target.Folder}", await RunAsync(0, "node", "backup", node.DataFolder, target.Folder), StringComparison.Ordinal);
        Assert.Contains("Sound.", await RunAsync(0, "node", "check", target.Folder), StringComparison.Ordinal);
        Assert.Contains("is in use by process", await RunAsync(1, "node", "check", node.DataFolder), StringComparison.Ordinal);
        Assert.Contains("is in use by process", await RunAsync(1, "node", "repair", node.DataFolder), StringComparison.Ordinal);
        Assert.Contains("is not empty", await RunAsync(1, "node", "backup", node.DataFolder, target.Folder), StringComparison.Ordinal);
        await RunAsync(64, "node", "check");
    }

    private static async Task<string> RunAsync(int code, params string[] arguments)
    {
        var (found, output) = await HoldfastTool.RunAsync(Path.GetTempPath(), arguments);
        Assert.True(found == code, $"{string.Join(' ', arguments)} ended with {found}: {output}");
        return output;
    }
}
