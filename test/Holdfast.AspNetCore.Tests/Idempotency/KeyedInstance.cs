using System.Diagnostics;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>An instance with a keyed endpoint in a process of its own, so that it can be killed.</summary>
internal sealed class KeyedInstance : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly Process process;

    private KeyedInstance(Process process, Uri url) => (this.process, Url) = (process, url);

    public Uri Url { get; }

    public static async Task<KeyedInstance> StartAsync(string store)
    {
        var program = AppContext.BaseDirectory.Replace("Holdfast.AspNetCore.Tests", "Holdfast.KeyedInstance", StringComparison.Ordinal);
        var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(program, "Holdfast.KeyedInstance.dll"), store]) { RedirectStandardOutput = true })!;
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
