using System.Diagnostics;
using Holdfast.TestServers;

namespace Holdfast.Gateway.Tests;

/// <summary>A keepalived on a host of its own.</summary>
internal sealed class KeepalivedProcess : IAsyncDisposable
{
    private readonly Process process;

    public KeepalivedProcess(NetworkNamespace host, string file)
    {
        process = Process.Start(host.Inside(new ProcessStartInfo("keepalived")
        {
            ArgumentList = { "--dont-fork", "--log-console", "--vrrp", "--use-file", file, "--pid", $"{file}.pid", "--vrrp_pid", $"{file}.vrrp.pid" },
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        }))!;
        Output = new ProcessOutput(process);
    }

    /// <summary>What it tells.</summary>
    public ProcessOutput Output { get; }

    public async ValueTask DisposeAsync()
    {
        // It ends the process that has the address, too.
        HoldfastTool.Signal(process.Id, "TERM");
        await process.WaitForExitAsync();
        await Output.Ended;
        process.Dispose();
    }
}
