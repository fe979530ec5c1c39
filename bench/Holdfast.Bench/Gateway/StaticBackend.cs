using System.Diagnostics;
using System.Net.Sockets;
using Holdfast.TestServers;

namespace Holdfast.Bench;

/// <summary>An nginx that answers from memory: the fastest backend that there is here, so that the proxies are what is measured.</summary>
internal sealed class StaticBackend : IAsyncDisposable
{
    private const int LargeBytes = 100_000;
    private readonly Process process;

    private StaticBackend(Process process, Uri url) => (this.process, Url) = (process, url);

    public Uri Url { get; }

    public int Pid => process.Id;

    public static async Task<StaticBackend> StartAsync(string folder)
    {
        var port = FreePort.Next();
        File.WriteAllText(Path.Combine(folder, "large"), new string('x', LargeBytes));
        var file = Path.Combine(folder, "backend.conf");
        File.WriteAllText(file, $$"""
            daemon off;
            user root;
            worker_processes 1;
            pid {{folder}}/backend.pid;
            error_log {{folder}}/backend.log;
            events { worker_connections 16384; }
            http {
              access_log off;
              keepalive_requests 10000000;
              open_file_cache max=10;
              sendfile on;
              server {
                listen 127.0.0.1:{{port}};
                root {{folder}};
                location = /small { return 200 "hello"; }
                location = /healthz { return 200 "well"; }
              }
            }
            """);
        var backend = new StaticBackend(Process.Start(new ProcessStartInfo("nginx", ["-c", file]) { RedirectStandardError = true })!, new Uri($"http://127.0.0.1:{port}"));
        while (true)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync("127.0.0.1", port);
                return backend;
            }
            catch (SocketException) when (!backend.process.HasExited)
            {
                await Task.Delay(20);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
