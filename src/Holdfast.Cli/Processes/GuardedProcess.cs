using System.Diagnostics;

namespace Holdfast.Cli.Processes;

/// <summary>A process in a session of its own, which ends whole: with its group, with what left the group, and with the supervisor.</summary>
internal sealed class GuardedProcess : IAsyncDisposable
{
    /// <summary>How many of the last lines of output are kept, to tell why a process failed.</summary>
    public const int KeptLines = 10;

    private static readonly TimeSpan GroupPollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>How long output may be on its way from a process that has ended. Who holds a pipe for longer has it from that process.</summary>
    private static readonly TimeSpan OutputDelay = TimeSpan.FromSeconds(5);

    private readonly Process process;
    private readonly string marker;
    private readonly TimeProvider clock;
    private readonly SecretMask mask;
    private readonly Queue<string> lastLines = new();
    private readonly TaskCompletionSource outputRead = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool isGone;

    private GuardedProcess(Process process, string marker, SecretMask mask, TimeProvider clock, Action<string> onLine)
    {
        (this.process, this.marker, this.mask, this.clock) = (process, marker, mask, clock);
        Ended = WaitAsync();

        // .NET reads a process's pipe by blocking a thread, which the pool must not lack.
        new Thread(() => Pump(onLine), maxStackSize: 256 * 1024) { IsBackground = true, Name = $"output of {process.Id}" }.Start();
    }

    /// <summary>The process's id, which is its group's and its session's too.</summary>
    public int Pid => process.Id;

    /// <summary>Completes as soon as the process has ended, with its exit code: 128 and the signal's number for one that was killed.</summary>
    public Task<int> Ended { get; }

    /// <summary>What it has printed last, as far as it has been read, oldest first.</summary>
    public IReadOnlyList<string> LastLines
    {
        get
        {
            lock (lastLines)
            {
                return [.. lastLines];
            }
        }
    }

    /// <summary>Starts a process; its output goes line by line to <paramref name="onLine"/>, on any thread.</summary>
    public static GuardedProcess Start(LaunchPlan plan, RunMarker run, TimeProvider clock, Action<string> onLine)
    {
        var marker = run.Next();
        var start = new ProcessStartInfo("setsid")
        {
            WorkingDirectory = plan.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["sh", "-c", GuardScript.Guard, "holdfast-guard", run.Run, GuardScript.Watch, .. plan.Command])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in plan.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment[RunMarker.Variable] = marker;
        return new GuardedProcess(Process.Start(start)!, marker, plan.Mask, clock, onLine);
    }

    /// <summary>The processes of the group.</summary>
    public IEnumerable<ProcessEntry> Members() => ProcessTable.Living().Where(entry => entry.Group == Pid);

    /// <summary>The process of the group that listens on the port; null as long as none does.</summary>
    public ProcessEntry? ListenerOn(int port) =>
        Listeners.Find(port, Members())
        ?? Listeners.Find(port, Marked());

    /// <summary>What it printed last, once it has ended: what is under way then is still read.</summary>
    public async Task<IReadOnlyList<string>> FinalLinesAsync()
    {
        await Ended;
        await Task.WhenAny(outputRead.Task, Task.Delay(OutputDelay, clock));
        return LastLines;
    }

    /// <summary>Asks the group to end (SIGTERM), ends it after the grace (SIGKILL), and returns when nothing of it is left.</summary>
    public async Task StopAsync(TimeSpan grace, CancellationToken atOnce)
    {
        Posix.Signal(-Pid, Posix.SigTerm);
        var deadline = clock.GetTimestamp() + (long)(grace.TotalSeconds * clock.TimestampFrequency);
        try
        {
            // The shell that wraps a command ends at once; what it started may still be at work.
            while (Members().Any() && clock.GetTimestamp() < deadline)
            {
                await Task.Delay(GroupPollInterval, clock, atOnce);
            }
        }
        catch (OperationCanceledException)
        {
            // The grace is over.
        }

        await KillAsync();
    }

    /// <summary>Ends the process and everything that came from it, now.</summary>
    public async Task KillAsync()
    {
        Posix.Signal(-Pid, Posix.SigKill);
        RunMarker.Sweep(marker);
        await Ended;

        // What was printed is still to be read; a pipe that somebody else holds is not waited for.
        await Task.WhenAny(outputRead.Task, Task.Delay(OutputDelay, clock));
        DismissWatcher();
        isGone = true;
    }

    /// <summary>Ends what still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!isGone)
        {
            await KillAsync();
        }

        process.Dispose();
    }

    private IEnumerable<ProcessEntry> Marked()
    {
        var marked = RunMarker.Carriers(marker).ToHashSet();
        return ProcessTable.Living().Where(entry => marked.Contains(entry.Pid));
    }

    private async Task<int> WaitAsync()
    {
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    private void DismissWatcher()
    {
        try
        {
            var guard = process.StandardInput.BaseStream;
            guard.WriteByte((byte)'\n');
            guard.Dispose();
        }
        catch (IOException)
        {
            // Somebody killed the watcher.
        }
    }

    private void Pump(Action<string> onLine)
    {
        // Whoever takes a process's stream has to close it: the process does not.
        using (var output = process.StandardOutput.BaseStream)
        {
            foreach (var line in OutputLines.Read(output).Select(mask.Apply))
            {
                lock (lastLines)
                {
                    lastLines.Enqueue(line);
                    if (lastLines.Count > KeptLines)
                    {
                        lastLines.Dequeue();
                    }
                }

                onLine(line);
            }
        }

        outputRead.TrySetResult();
    }
}
