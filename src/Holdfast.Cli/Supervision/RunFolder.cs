using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Holdfast.Cli.Processes;

namespace Holdfast.Cli.Supervision;

/// <summary>
/// <c>.holdfast/</c> beside the topology file: the run's lock, sockets, password and embedded state, for this user alone.
/// </summary>
internal sealed class RunFolder
{
    public const string Name = ".holdfast";

    public const string LogsName = "logs";

    /// <summary>Longest path of a Unix socket, in bytes (unix(7): 108 with the zero at its end).</summary>
    public const int MaxSocketPathBytes = 107;

    private static readonly TimeSpan LockRetry = TimeSpan.FromMilliseconds(25);

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string path;

    private RunFolder(string path) => this.path = path;

    /// <summary>Where the embedded store's files lie.</summary>
    public string State => Path.Combine(path, "state");

    /// <summary>Where each process's lines are kept.</summary>
    public string Logs => Path.Combine(path, LogsName);

    /// <summary>Where the supervisor takes commands.</summary>
    public string ControlSocket => Socket("control.sock");

    /// <summary>Where the node serves the state plane.</summary>
    public string NodeSocket => Socket("node.sock");

    /// <summary>Holds the node's password, so that only who may read the file can reach it.</summary>
    public string PasswordFile => Path.Combine(path, "node.password");

    /// <summary>A way to the private folder for sockets, where this folder's own path is too long for them.</summary>
    private string SocketLink => Path.Combine(path, "sockets");

    private string LockFile => Path.Combine(path, "lock");

    private string OwnerFile => Path.Combine(path, "owner");

    /// <summary>The run-time files of a topology file.</summary>
    public static RunFolder Of(string topologyFile) => new(Path.Combine(Path.GetDirectoryName(topologyFile)!, Name));

    /// <summary>
    /// Takes the folder for one run, until the answer is disposed or this process ends in whatever way. What an earlier
    /// run left is ended and removed.
    /// </summary>
    /// <exception cref="CommandException">Another supervisor has it, or it can't be written.</exception>
    [UnsupportedOSPlatform("windows")]
    public async Task<FileStream> AcquireAsync(RunMarker marker)
    {
        try
        {
            Directory.CreateDirectory(path, OwnerOnly);
            File.SetUnixFileMode(path, OwnerOnly);
            var held = TryLock();
            for (var attempt = 0; held is null && attempt < 10; attempt++)
            {
                // Whoever asks whether the folder is held, holds it for a moment.
                await Task.Delay(LockRetry, TimeProvider.System);
                held = TryLock();
            }

            if (held is null)
            {
                throw Held();
            }

            if (Owner() is { } earlier)
            {
                new RunMarker(earlier.Run).Sweep();
            }

            await File.WriteAllTextAsync(OwnerFile, $"{Environment.ProcessId} {marker.Run}\n");
            PrepareSockets();
            return held;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} can't be used: {error.Message}");
        }
    }

    /// <summary>Says so when another supervisor has the folder.</summary>
    public void RefuseIfHeld()
    {
        if (IsHeld())
        {
            throw Held();
        }
    }

    /// <summary>Whether a supervisor has the folder.</summary>
    public bool IsHeld()
    {
        if (!File.Exists(LockFile))
        {
            return false;
        }

        using var held = TryLock();
        return held is null;
    }

    /// <summary>The node's password: made once, and kept for the next start.</summary>
    [UnsupportedOSPlatform("windows")]
    public string Password(Entropy entropy)
    {
        if (File.Exists(PasswordFile) && File.ReadAllText(PasswordFile).Trim() is { Length: > 0 } kept)
        {
            return kept;
        }

        var password = entropy.NextText(24);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using var file = new FileStream(PasswordFile, options);
        file.Write(Encoding.ASCII.GetBytes(password));
        return password;
    }

    /// <summary>Removes what has no meaning after the run.</summary>
    public void Clear()
    {
        DeleteSockets();
        File.Delete(OwnerFile);
    }

    private CommandException Held() => new(
        $"a holdfast already runs the topology in {Path.GetDirectoryName(path)} (pid {Owner()?.Pid.ToString(CultureInfo.InvariantCulture) ?? "unknown"}): "
        + "stop it with 'holdfast down', or look at it with 'holdfast status'");

    private FileStream? TryLock()
    {
        try
        {
            // The lock is flock(2)'s, which the kernel gives back however its holder ends.
            return new FileStream(LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error.GetType() == typeof(IOException))
        {
            return null;
        }
    }

    private (int Pid, string Run)? Owner()
    {
        try
        {
            return File.ReadAllText(OwnerFile).Split(' ', StringSplitOptions.TrimEntries) is [var pid, { Length: > 8 } run]
                && int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? (number, run)
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private void PrepareSockets()
    {
        // Left by a run that was killed.
        DeleteSockets();
        if (!Fits("control.sock"))
        {
            File.CreateSymbolicLink(SocketLink, Directory.CreateTempSubdirectory("holdfast-").FullName);
        }
    }

    private void DeleteSockets()
    {
        File.Delete(Path.Combine(path, "control.sock"));
        File.Delete(Path.Combine(path, "node.sock"));
        if (PrivateFolder() is { } elsewhere)
        {
            File.Delete(SocketLink);
            if (Directory.Exists(elsewhere))
            {
                Directory.Delete(elsewhere, recursive: true);
            }
        }
    }

    private string? PrivateFolder() => new FileInfo(SocketLink).LinkTarget;

    private string Socket(string name) => Fits(name) ? Path.Combine(path, name) : Path.Combine(PrivateFolder() ?? path, name);

    private bool Fits(string name) => Encoding.UTF8.GetByteCount(Path.Combine(path, name)) <= MaxSocketPathBytes;
}
