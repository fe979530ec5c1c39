using System.Diagnostics;

namespace Holdfast.TestServers;

/// <summary>An instance with a keyed endpoint in a process of its own, so that it can be killed. A project that uses it refers to Holdfast.KeyedInstance.</summary>
internal sealed class KeyedInstance : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly Process process;

    private KeyedInstance(Process process, Uri url) => (this.process, Url) = (process, url);

    public Uri Url { get; }

    public static async Task<KeyedInstance> StartAsync(string store)
    {
        var process = Process.Start(new ProcessStartInfo("dotnet", [Repository.ProgramOf("test/Holdfast.KeyedInstance"), store]) { RedirectStandardOutput = true })!;
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        return new KeyedInstance(process, new Uri(line ?? throw new InvalidOperationException("The instance did not start.")));
    }

    /// <summary>SIGKILL. Returns once the process is gone.</summary>
    public Task KillAsync()
    {
        process.Kill();
        return process.WaitForExitAsync();
    }

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }
}
