namespace Holdfast.TestServers;

/// <summary>A process that has been stopped by SIGSTOP: its sockets stay open and nothing answers. Disposing it lets the process go on.</summary>
internal sealed class PausedProcess : IDisposable
{
    private readonly int pid;

    private PausedProcess(int pid) => this.pid = pid;

    /// <summary>SIGSTOP. Returns once the system says that the process, with all its threads, is stopped.</summary>
    public static async Task<PausedProcess> StopAsync(int pid)
    {
        HoldfastTool.Signal(pid, "STOP");
        var paused = new PausedProcess(pid);
        while (Directory.EnumerateFiles($"/proc/{pid}/task", "stat", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 }).Any(static file => !IsStopped(file)))
        {
            await Task.Delay(1);
        }

        return paused;
    }

    /// <summary>SIGCONT.</summary>
    public void Dispose() => HoldfastTool.Signal(pid, "CONT");

    // The state stands after the name, which is in brackets and may hold anything.
    private static bool IsStopped(string file)
    {
        try
        {
            var text = File.ReadAllText(file);
            return text[text.LastIndexOf(')') + 2] == 'T';
        }
        catch (IOException)
        {
            // A thread that ended meanwhile.
            return true;
        }
    }
}
