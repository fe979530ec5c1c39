using System.Globalization;

namespace Holdfast.Embedded;

/// <summary>The store's folder: makes a new one, refuses one that is not ours to use, and clears what a crash left behind.</summary>
internal static class StoreFolder
{
    /// <summary>The folder's manifest; a new one in a folder that holds nothing.</summary>
    public static Manifest Open(StoreDisk disk, string folder, StateEngineOptions options)
    {
        var manifest = Manifest.Load(disk, folder);
        if (manifest is null)
        {
            RefuseUnlessEmpty(disk, folder);
            Span<byte> salt = stackalloc byte[sizeof(ulong)];
            options.Entropy.Fill(salt);
            manifest = new Manifest { Partitions = options.PartitionCount, Salt = BitConverter.ToUInt64(salt) };
            manifest.Save(disk, folder);
            return manifest;
        }

        if (manifest.Partitions != options.PartitionCount)
        {
            throw new StateMismatchException(
                $"The store in {folder} has {manifest.Partitions} partitions and {options.PartitionCount} were asked for. "
                + $"The number is fixed when a store is created: ask for {manifest.Partitions}, or choose an empty folder.");
        }

        return manifest;
    }

    /// <summary>Removes snapshots and logs that the manifest does not name, and a manifest that was not put in force.</summary>
    public static void RemoveLeftOvers(StoreDisk disk, string folder, Manifest manifest)
    {
        foreach (var name in disk.NamesIn(folder))
        {
            if (name == Manifest.ReplacementName
                || (NumberOf(name, "snapshot-") is { } snapshot && snapshot != manifest.Snapshot)
                || (NumberOf(name, "log-") is { } log && (log < manifest.FirstLog || log > manifest.LastLog)))
            {
                disk.Delete(Path.Combine(folder, name));
            }
        }
    }

    /// <summary>The number in a name of this kind; null for any other name.</summary>
    public static int? NumberOf(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    private static void RefuseUnlessEmpty(StoreDisk disk, string folder)
    {
        foreach (var name in disk.NamesIn(folder))
        {
            if (name is not (FolderLock.FileName or FolderLock.HolderName or Manifest.ReplacementName))
            {
                throw new StateCorruptException(
                    $"{folder} holds {name} and no file {Manifest.FileName} (looked for at offset 0): either it is no store, "
                    + "then choose an empty folder, or its manifest was lost, then restore it from a backup. Nothing was changed.");
            }
        }
    }
}
