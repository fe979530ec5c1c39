using System.Diagnostics;

namespace Holdfast.Cli.Tests.Prove;

/// <summary>One instance of the proved application that nobody but the test starts and ends.</summary>
internal sealed class ProvedInstance : IDisposable
{
    private readonly Process process;

    public ProvedInstance(string folder, string mode, int port, string shared, string? tls)
    {
        var start = new ProcessStartInfo("node", ["app.js", mode]) { WorkingDirectory = folder };
        start.Environment["PORT"] = $"{port}";
        start.Environment["SHARED"] = shared;
        start.Environment["TLS"] = tls ?? "";
        process = Process.Start(start)!;
        Url = $"{(tls is null ? "http" : "https")}://127.0.0.1:{port}";
        Port = port;
    }

    public string Url { get; }

    private int Port { get; }

    /// <summary>Returns once it listens.</summary>
    public async Task ReadyAsync()
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var socket = new System.Net.Sockets.TcpClient();
                await socket.ConnectAsync(System.Net.IPAddress.Loopback, Port);
                return;
            }
            catch (System.Net.Sockets.SocketException) when (Stopwatch.GetElapsedTime(started) < Holdfast.TestServers.HoldfastTool.Deadline)
            {
                await Task.Delay(20);
            }
        }
    }

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }
}
