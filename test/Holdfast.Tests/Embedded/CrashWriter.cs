using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Holdfast.Tests.Embedded;

/// <summary>A process that writes to a store until it is killed, and what it was told of its commits.</summary>
internal sealed class CrashWriter : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="folder">The store's folder.</param>
    /// <param name="writers">How many write at once.</param>
    /// <param name="minLogBytes">When the log is replaced by a snapshot.</param>
    /// <param name="commits">How many commits each makes before the store is closed; for ever without it.</param>
    /// <param name="under">A command that runs it, with its arguments, such as strace.</param>
    public CrashWriter(string folder, int writers, long minLogBytes, int? commits = null, params string[] under)
    {
        var program = AppContext.BaseDirectory.Replace("Holdfast.Tests", "Holdfast.CrashWriter", StringComparison.Ordinal);
        process = new Process
        {
            StartInfo = new ProcessStartInfo("bash")
            {
                RedirectStandardOutput = true,
                ArgumentList =
                {
                    "-c", "trap '' XFSZ; exec \"$@\"", "bash",
                },
            },
        };
        string[] command = [.. under, Path.Combine(program, "Holdfast.CrashWriter"), folder, $"{writers}", $"{minLogBytes}"];
        foreach (var argument in commits is null ? command : [.. command, $"{commits}"])
        {
            process.StartInfo.ArgumentList.Add(argument);
        }

        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.Start();
        process.BeginOutputReadLine();
    }

    /// <summary>The last commit of each writer that was acknowledged.</summary>
    public ConcurrentDictionary<int, long> Acknowledged { get; } = [];

    /// <summary>The last commit of each writer that was acknowledged as synchronised: those of odd numbers are.</summary>
    public IEnumerable<KeyValuePair<int, long>> Synced =>
        Acknowledged.Select(static last => KeyValuePair.Create(last.Key, last.Value % 2 == 1 ? last.Value : last.Value - 1));

    /// <summary>Whether it told that its store does not write any more.</summary>
    public bool HasEndedWriting { get; private set; }

    /// <summary>Whether it told that it closed its store.</summary>
    public bool HasClosed { get; private set; }

    public ConcurrentQueue<string> Complaints { get; } = [];

    public int Commits => Volatile.Read(ref commits);

    public int Refusals => Volatile.Read(ref refusals);

    private int commits;
    private int refusals;

    /// <summary>Waits until it holds, which it must while the process lives and its commits are answered.</summary>
    public async Task UntilAsync(Func<bool> holds)
    {
        var (patience, answers) = (Stopwatch.StartNew(), Commits + Refusals);
        while (!holds())
        {
            Assert.Empty(Complaints);
            Assert.False(ended.Task.IsCompleted, "The writing process ended by itself.");
            if (Commits + Refusals != answers)
            {
                answers = Commits + Refusals;
                patience.Restart();
            }

            Assert.True(patience.Elapsed < Patience, $"The writing process made {Commits} commits and saw {Refusals} refusals, and then none for a minute.");
            await Task.Delay(5);
        }
    }

    /// <summary>Bounds what a file of the process may hold, as a full disk does; null lifts the bound.</summary>
    public void BoundFiles(int? maxBytes)
    {
        using var bound = Process.Start("prlimit", ["--pid", $"{process.Id}", $"--fsize={maxBytes?.ToString(CultureInfo.InvariantCulture) ?? "unlimited"}:unlimited"]);
        bound.WaitForExit();
        Assert.Equal(0, bound.ExitCode);
    }

    /// <summary>Waits until the process has ended by itself or by what it runs under, and everything that it told has been read.</summary>
    public async Task EndAsync()
    {
        await process.WaitForExitAsync().WaitAsync(Patience);
        await ended.Task.WaitAsync(Patience);
        Assert.Empty(Complaints);
    }

    /// <summary>Ends the process by SIGKILL, and returns once everything that it told has been read.</summary>
    public async Task KillAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        await ended.Task.WaitAsync(Patience);
        Assert.Empty(Complaints);
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    private void Take(string? line)
    {
        switch (line?.Split(' '))
        {
            case null:
                ended.TrySetResult();
                break;
            case ["open"]:
                break;
            case ["ended"]:
                HasEndedWriting = true;
                break;
            case ["closed"]:
                HasClosed = true;
                break;
            case ["full"]:
                Interlocked.Increment(ref refusals);
                break;
            case [var writer, var number] when int.TryParse(writer, out var index):
                Acknowledged[index] = long.Parse(number, CultureInfo.InvariantCulture);
                Interlocked.Increment(ref commits);
                break;
            default:
                Complaints.Enqueue(line);
                break;
        }
    }
}
