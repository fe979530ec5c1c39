using System.Globalization;

namespace Holdfast.Cli.Processes;

/// <summary>Which process listens on a TCP port: the port's socket in <c>/proc/net/tcp</c>, found among the processes' open files.</summary>
internal static class Listeners
{
    private const string ListenState = "0A";

    /// <summary>
    /// The process among the candidates that listens on the port; null when none does. Of several that share the
    /// socket, the one that handed it to the others.
    /// </summary>
    public static ProcessEntry? Find(int port, IEnumerable<ProcessEntry> candidates)
    {
        var sockets = SocketsOf(port);
        if (sockets.Count == 0)
        {
            return null;
        }

        var listeners = candidates.Where(candidate => Holds(candidate.Pid, sockets)).ToDictionary(static entry => entry.Pid);
        return listeners.Values.Where(entry => !listeners.ContainsKey(entry.Parent)).MinBy(static entry => entry.Pid);
    }

    private static HashSet<string> SocketsOf(int port)
    {
        var suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        var sockets = new HashSet<string>();
        foreach (var table in (string[])["/proc/net/tcp", "/proc/net/tcp6"])
        {
            if (!File.Exists(table))
            {
                continue;
            }

            // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
            foreach (var line in File.ReadLines(table).Skip(1))
            {
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length > 9 && fields[3] == ListenState && fields[1].EndsWith(suffix, StringComparison.Ordinal))
                {
                    sockets.Add($"socket:[{fields[9]}]");
                }
            }
        }

        return sockets;
    }

    private static bool Holds(int pid, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd")
                .Any(file => new FileInfo(file).LinkTarget is { } target && sockets.Contains(target));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The process is gone or another user's, or the file was closed meanwhile.
            return false;
        }
    }
}
