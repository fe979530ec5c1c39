using System.Diagnostics;
using System.Globalization;
using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Faults;

/// <summary>A process on a host of its own that counts in a record, and what it has told of it.</summary>
internal sealed class CountingWriterProcess : IAsyncDisposable
{
    // Ten times what is promised: ten seconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    private readonly Process process;
    private readonly ProcessOutput output;

    private CountingWriterProcess(Process process) => (this.process, output) = (process, new ProcessOutput(process));

    /// <summary>The moments of the commits that were acknowledged so far: term and revision.</summary>
    public IReadOnlyList<(long Term, long Revision)> Made =>
    [
        .. output.Lines.Where(IsMade).Select(static line => line.Split(' '))
            .Select(static parts => (long.Parse(parts[1], CultureInfo.InvariantCulture), long.Parse(parts[2], CultureInfo.InvariantCulture))),
    ];

    /// <summary>How many commits may have been made.</summary>
    public int Unknown => output.Lines.Count(static line => line == "unknown");

    /// <summary>Starts it on the host, and returns once a commit was acknowledged.</summary>
    public static async Task<CountingWriterProcess> StartAsync(NetworkNamespace host, string connectionString, string affinity)
    {
        var start = new ProcessStartInfo("dotnet", [Repository.ProgramOf("test/Holdfast.CountingWriter"), connectionString, affinity])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var writer = new CountingWriterProcess(Process.Start(host.Inside(start))!);
        try
        {
            await writer.GoOnAsync();
            return writer;
        }
        catch
        {
            await writer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until one more commit is acknowledged.</summary>
    public Task GoOnAsync() => output.SeeAsync("made ", Patience, output.Lines.Count);

    /// <summary>Waits until the engine tells of a loss.</summary>
    public Task SeeLossAsync() => output.SeeAsync("StateLost", Patience);

    /// <summary>Waits until so many commits in a row were not acknowledged.</summary>
    public async Task FailAsync(int times)
    {
        var deadline = Stopwatch.StartNew();
        while (output.Lines.Reverse().Where(static line => IsMade(line) || line is "failed" or "unknown").TakeWhile(static line => !IsMade(line)).Count() < times)
        {
            Assert.True(deadline.Elapsed < Patience, $"Commits are acknowledged still, after {Patience.TotalSeconds} s.");
            await Task.Delay(50);
        }
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        await output.Ended;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
    }

    private static bool IsMade(string line) => line.StartsWith("made ", StringComparison.Ordinal);
}
