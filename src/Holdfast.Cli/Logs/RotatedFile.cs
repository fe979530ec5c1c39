using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Logs;

/// <summary>
/// A file that is appended to until it is full. Then it becomes <c>name.1</c>, what was <c>name.1</c> becomes
/// <c>name.2</c>, and so on, and the oldest goes. For its owner only: what applications print is nobody else's.
/// </summary>
internal sealed class RotatedFile(string path, LogRotation rotation) : IDisposable
{
    private FileStream? file;

    /// <summary>Appends a line, which is in the file after <see cref="Flush"/>.</summary>
    /// <exception cref="IOException">It can't be written. The next line is tried again.</exception>
    public void Append(ReadOnlySpan<byte> line)
    {
        file ??= Open();
        if (file.Length > 0 && file.Length + line.Length > rotation.MaxBytes)
        {
            file.Dispose();
            file = null;
            Rotate(path, rotation.Keep);
            file = Open();
        }

        file.Write(line);
    }

    public void Flush() => file?.Flush();

    public void Dispose()
    {
        try
        {
            file?.Dispose();
        }
        catch (IOException)
        {
            // The disk is full, which was told when it became so.
        }
    }

    /// <summary>Has the file be an earlier one, with the next line beginning a new one.</summary>
    public static void Rotate(string path, int keep)
    {
        if (keep == 0)
        {
            File.Delete(path);
            return;
        }

        for (var number = keep; number > 0; number--)
        {
            var from = number == 1 ? path : $"{path}.{number - 1}";
            if (File.Exists(from))
            {
                File.Move(from, $"{path}.{number}", overwrite: true);
            }
        }
    }

    private FileStream Open()
    {
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }
}
