using System.Diagnostics;
using System.Net.Sockets;

namespace Holdfast.TestServers;

/// <summary>
/// nginx or HAProxy in front of one backend, with nothing but defaults and, if wanted, an access log: what the gateway is compared with. Or in front of
/// two, of which each gets requests whatever became of earlier ones: HAProxy then is told to give what it tries again to the other one.
/// </summary>
internal sealed class PeerProxy : IAsyncDisposable
{
    private const int MostTries = 600;
    private readonly Process process;
    private readonly string folder;

    private PeerProxy(string name, string program, Func<string, int, string> configuration, Func<string, IEnumerable<string>> arguments)
    {
        Name = name;
        folder = Directory.CreateTempSubdirectory("holdfast-peer-").FullName;
        var port = FreePort.Next();
        Url = new Uri($"http://127.0.0.1:{port}");
        var file = Path.Combine(folder, "peer.conf");
        File.WriteAllText(file, configuration(folder, port));
        process = Process.Start(new ProcessStartInfo(program, arguments(file)) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _ = new ProcessOutput(process);
    }

    public string Name { get; }

    public Uri Url { get; }

    /// <summary>The first of its processes.</summary>
    public int Pid => process.Id;

    public static Task<PeerProxy> NginxAsync(Uri backend, bool logs = false, int workers = 1, Uri? second = null, int timeoutSeconds = 60) => ListeningAsync(new PeerProxy(
        "nginx", "nginx", (folder, port) => $$"""
            daemon off;
            user root;
            worker_processes {{workers}};
            pid {{folder}}/pid;
            error_log {{folder}}/error.log;
            events { worker_connections 16384; }
            http {
              access_log {{(logs ? folder + "/access.log" : "off")}};
              keepalive_requests 1000000;
              upstream out { server 127.0.0.1:{{backend.Port}}{{(second is null ? "" : $" max_fails=0; server 127.0.0.1:{second.Port} max_fails=0")}}; keepalive 64; keepalive_requests 1000000; }
              client_body_temp_path {{folder}}/body;
              proxy_temp_path {{folder}}/proxy;
              fastcgi_temp_path {{folder}}/fastcgi;
              uwsgi_temp_path {{folder}}/uwsgi;
              scgi_temp_path {{folder}}/scgi;
              server {
                listen 127.0.0.1:{{port}};
                location / { proxy_pass http://out; proxy_read_timeout {{timeoutSeconds}}s; proxy_set_header Host $host; proxy_http_version 1.1; proxy_set_header Connection ""; }
              }
            }
            """,
        static file => ["-c", file]));

    public static Task<PeerProxy> HaproxyAsync(Uri backend, bool logs = false, Uri? second = null, int timeoutSeconds = 60) => ListeningAsync(new PeerProxy(
        "haproxy", "haproxy", (_, port) => $"""
            global
            {(logs ? "  maxconn 9900\n  log stdout format raw local0" : "")}
            defaults
            {(logs ? "  log global\n  option httplog" : "")}
              mode http
              timeout connect 2s
              timeout client 60s
              timeout server {timeoutSeconds}s
            frontend in
              bind 127.0.0.1:{port}
              default_backend out
            backend out
              server one 127.0.0.1:{backend.Port}
            {(second is null ? "" : $"  option redispatch 1\n  server two 127.0.0.1:{second.Port}")}

            """,
        static file => ["-db", "-f", file]));

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<PeerProxy> ListeningAsync(PeerProxy peer)
    {
        for (var tries = 0; ; tries++)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(peer.Url.Host, peer.Url.Port);
                return peer;
            }
            catch (SocketException) when (tries < MostTries)
            {
                await Task.Delay(50);
            }
        }
    }
}
