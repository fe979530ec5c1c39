using System.Collections.Concurrent;
using Holdfast.Embedded;
using Holdfast.TestServers;

namespace Holdfast.Tests.Embedded;

/// <summary>A folder with a store, and copies of it as a crash at this moment would leave it.</summary>
internal sealed class StoreCopy : IDisposable
{
    public static readonly StateEngineOptions OnePartition = new() { PartitionCount = 1 };

    /// <param name="folder">The folder; a new one by default.</param>
    public StoreCopy(string? folder = null) => Folder = folder ?? Directory.CreateTempSubdirectory("holdfast-store-").FullName;

    public string Folder { get; }

    /// <summary>What engines that were opened here had to say.</summary>
    public ConcurrentQueue<EngineEvent> Events { get; } = [];

    public string this[string file] => Path.Combine(Folder, file);

    public async Task<EmbeddedEngine> OpenAsync(StateEngineOptions? options = null, EmbeddedSettings? settings = null) =>
        await EmbeddedEngine.OpenAsync(
            Folder, (options ?? OnePartition).Patient() with { Log = Events.Enqueue }, settings ?? new EmbeddedSettings());

    /// <summary>The store as it is on disk now. The engine that has it open must not be committing.</summary>
    public StoreCopy Copy()
    {
        var copy = new StoreCopy();
        CopyTo(copy);
        return copy;
    }

    /// <inheritdoc cref="Copy"/>
    public void CopyTo(StoreCopy copy)
    {
        foreach (var path in Directory.EnumerateFiles(Folder))
        {
            if (Path.GetFileName(path) is not (FolderLock.FileName or FolderLock.HolderName))
            {
                File.Copy(path, copy[Path.GetFileName(path)]);
            }
        }
    }

    /// <summary>A log's bytes up to the end of its last frame, without the zeros that were written ahead.</summary>
    public byte[] ReadLog(string file)
    {
        var log = File.ReadAllBytes(this[file]);
        var end = LogHeader.Bytes;
        while (end + Frame.HeaderBytes <= log.Length && Frame.LengthOf(log.AsSpan(end)) is > 0 and var length)
        {
            end += Frame.HeaderBytes + length;
        }

        return log[..end];
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (IOException)
        {
            // On a disk that a test had fail and that is thrown away too: this must not hide why the test has failed.
        }
    }
}
