using Holdfast.Cli.Processes;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Logs;

/// <summary>
/// The file that a gateway appends its access log to, opened for each batch of lines. Several gateways may write the same one: each batch is appended as a
/// whole (on Linux), and one that was opened before the file became an earlier one is in there.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="rotation">When it is full, and what is kept then; null where that is somebody else's work, as logrotate's.</param>
internal sealed class AccessLogFile(string path, LogRotation? rotation)
{
    private bool isFailing;

    /// <summary>Told when a full file can't be rotated. Its lines go on being appended.</summary>
    public Action<string> Report { get; init; } = Console.Error.WriteLine;

    /// <exception cref="IOException">It can't be opened.</exception>
    public Stream Open()
    {
        UnixFileMode? mode = null;
        if (rotation is not null && IsFull(rotation))
        {
            mode = ModeOf(path);
            TryRotate(rotation);
        }

        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete };
        if (mode is not null && !OperatingSystem.IsWindows())
        {
            // Who may read the one may read the next.
            options.UnixCreateMode = mode;
        }

        var file = new FileStream(path, options);
        if (OperatingSystem.IsLinux() && !Posix.TryAppend(file.SafeFileHandle))
        {
            file.Dispose();
            throw new IOException($"{path} can't be appended to.");
        }

        return file;
    }

    private bool IsFull(LogRotation limits) => new FileInfo(path) is { Exists: true } file && file.Length >= limits.MaxBytes;

    private static UnixFileMode? ModeOf(string path)
    {
        try
        {
            return OperatingSystem.IsWindows() ? null : File.GetUnixFileMode(path);
        }
        catch (IOException)
        {
            // Another gateway has just moved it away.
            return null;
        }
    }

    private void TryRotate(LogRotation limits)
    {
        try
        {
            using var turn = Turn();
            if (turn is not null && IsFull(limits))
            {
                RotatedFile.Rotate(path, limits.Keep);
                isFailing = false;
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            if (!isFailing)
            {
                isFailing = true;
                Report($"The access log is full and can't be rotated; it grows until it can. {fault.Message}");
            }
        }
    }

    /// <summary>
    /// The right to rotate, of one gateway at a time; null while another one does. The file that stands for it stays: another one that was made in its place
    /// would be a second right.
    /// </summary>
    private FileStream? Turn()
    {
        try
        {
            var name = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.turn");
            return new FileStream(name, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
