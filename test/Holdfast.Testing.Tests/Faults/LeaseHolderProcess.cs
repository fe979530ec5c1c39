using System.Diagnostics;
using System.Globalization;
using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Faults;

/// <summary>A process that takes a lease and works under its fence, and what it has told of it.</summary>
internal sealed class LeaseHolderProcess : IAsyncDisposable
{
    /// <summary>For the longest that a store has none to write to, as on a busy machine until sentinels have agreed.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(300);

    private readonly Process process;
    private readonly ProcessOutput output;

    private LeaseHolderProcess(Process process) => (this.process, output) = (process, new ProcessOutput(process));

    public int Pid => process.Id;

    /// <summary>How many lines it has told.</summary>
    public int Told => output.Lines.Count;

    /// <summary>Whether it has told this line.</summary>
    public bool HasTold(string line) => output.Lines.Contains(line);

    /// <summary>How many of its lines begin so.</summary>
    public int TimesTold(string start) => output.Lines.Count(line => line.StartsWith(start, StringComparison.Ordinal));

    /// <summary>Starts it, and returns once it has opened the store.</summary>
    public static async Task<LeaseHolderProcess> StartAsync(string connectionString, string affinity, TimeSpan lifetime, int workers)
    {
        var holder = new LeaseHolderProcess(Process.Start(new ProcessStartInfo("dotnet",
        [
            Repository.ProgramOf("test/Holdfast.LeaseHolder"), connectionString, affinity, lifetime.TotalMilliseconds.ToString(CultureInfo.InvariantCulture), $"{workers}",
        ])
        { RedirectStandardOutput = true, RedirectStandardError = true })!);
        try
        {
            await holder.SeeAsync("open");
            return holder;
        }
        catch
        {
            await holder.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits for a line that begins so, of those after the given number of lines.</summary>
    public Task<string> SeeAsync(string text, int after = 0) => output.SeeAsync(text, Patience, after);

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
    }
}
