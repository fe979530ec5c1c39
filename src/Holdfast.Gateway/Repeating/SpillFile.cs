using Holdfast.Gateway.Sockets;

namespace Holdfast.Gateway.Repeating;

/// <summary>
/// A file for a body that is too large for memory, in the folder for temporary files. Nobody else can read it, and it goes with whoever has
/// it open. All together have <see cref="GatewayLimits.MaxReplayFileBytes"/>: past that, a write fails as on a full disk.
/// </summary>
/// <remarks>A file that could not be opened is finalised all the same: what that needs is there before the base is made.</remarks>
internal sealed class SpillFile(string path, FileStreamOptions options, SpillSpace space) : FileStream(path, options)
{
    private const int NameBytes = 12;
    private static readonly SpillSpace Shared = new(GatewayLimits.MaxReplayFileBytes);
    private long taken;
    private int isCounted = Count();

    /// <exception cref="IOException">It can't be made, or the process may open no more files.</exception>
    public static SpillFile Create() => ProcessFiles.HasRoom ? Create(Shared) : throw new IOException("The process may open no more files.");

    public static SpillFile Create(SpillSpace space)
    {
        var path = Path.Combine(Path.GetTempPath(), $"holdfast-body-{Entropy.System.NextText(NameBytes)}");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,

            // What is written is in the file at once, or the write fails: a disk that is full by then must not fail a request that has had its answer.
            BufferSize = 0,
            Share = OperatingSystem.IsWindows() ? FileShare.None : FileShare.Delete,
            Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
        };
        if (OperatingSystem.IsWindows())
        {
            return new SpillFile(path, options, space);
        }

        options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new SpillFile(path, options, space);

        // Taken from the folder at once, so that not even kill -9 leaves it behind.
        File.Delete(path);
        return file;
    }

    /// <summary>The other overload comes here too, as a FileStream that is derived from has it.</summary>
    /// <exception cref="IOException">There is no room, on the disk or in what all files may take.</exception>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Take(count);
        return base.WriteAsync(buffer, offset, count, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (Interlocked.Exchange(ref isCounted, 0) == 1)
        {
            ProcessFiles.Give();
        }

        space.Give(Interlocked.Exchange(ref taken, 0));
    }

    private static int Count()
    {
        ProcessFiles.Take();
        return 1;
    }

    private void Take(int bytes)
    {
        if (!space.TryTake(bytes))
        {
            throw new IOException("The bodies that are kept to be sent again take as much room as they may.");
        }

        taken += bytes;
    }
}
