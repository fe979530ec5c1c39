using System.Net;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Cli.Processes;
using Holdfast.TestServers;

namespace Holdfast.Cli.Tests.EndToEnd;

/// <summary>What a topology says of its gateways.</summary>
public sealed class GatewayKeysTests
{
    [Fact]
    public async Task Gateways_serve_HTTPS_tell_operators_and_log_as_the_topology_says()
    {
        var ports = new LoopbackPorts(Entropy.System);
        var (tls, admin) = (ports.Reserve(), ports.Reserve());
        using var folder = new TopologyFolder($$"""
            gateway:
              port: 0
              tls: { port: {{tls}}, certificate: cert.pem, key: key.pem }
              admin_port: {{admin}}
              access_log: logs/access.log
              region: eu-1
              drain: 20s
            services:
              web: { run: node server.js }
            """);
        WriteCertificate(folder);
        Directory.CreateDirectory(Path.Combine(folder.Path, "logs"));
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");

        using var client = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = static (_, _, _, _) => true });
        Assert.Equal("web-1", await client.GetStringAsync($"https://127.0.0.1:{tls}/"));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"http://127.0.0.1:{admin}/readyz")).StatusCode);
        var gateway = (await HoldfastTool.StatusAsync(folder.Path)).GatewayPids()[0];
        Assert.Contains("--drain-seconds\u000020\0", await File.ReadAllTextAsync($"/proc/{gateway}/cmdline"), StringComparison.Ordinal);
        Assert.Contains("--region\0eu-1\0", await File.ReadAllTextAsync($"/proc/{gateway}/cmdline"), StringComparison.Ordinal);

        tool.Signal("TERM");
        Assert.Equal(0, await tool.EndAsync());
        Assert.Contains("\"GET / HTTP/1.1\" 200", folder.Read("logs/access-1.log"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_access_log_is_rotated_as_the_other_logs_are()
    {
        using var folder = new TopologyFolder("""
            gateway: { port: 0, access_log: access.log }
            services:
              web: { run: node server.js }
            logs: { size: 4K, keep: 50 }
            """);
        await using var tool = HoldfastTool.Start(folder.Path, "up");
        await tool.SeeAsync("web is ready at ");
        var url = (await HoldfastTool.StatusAsync(folder.Path)).GatewayUrl();
        using var client = new HttpClient();
        var sent = 0;
        for (; !folder.Has("access-1.log.2"); sent++)
        {
            Assert.InRange(sent, 0, 100_000);
            await client.GetAsync(url);
        }

        tool.Signal("TERM");
        Assert.Equal(0, await tool.EndAsync());
        Assert.Equal(sent, Directory.GetFiles(folder.Path, "access-1.log*").Sum(static file => File.ReadAllLines(file).Length));
    }

    [Fact]
    public async Task What_the_gateways_can_not_use_is_told_before_anything_starts()
    {
        using var taken = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        using var folder = new TopologyFolder($$"""
            gateway:
              port: 0
              admin_port: {{port}}
              access_log: nowhere/access.log
              region: "here & there"
              drain: 0s
              tls:
                port: {{port}}
                certificate: cert.pem
                key: cert.pem
            services:
              web: { run: node server.js }
            """);
        folder.Write("cert.pem", "no certificate");
        var (code, output) = await HoldfastTool.RunAsync(folder.Path, "up");
        Assert.Equal(1, code);
        string[] expected =
        [
            $"holdfast.yaml:3: port {port} is in use by",
            "holdfast.yaml:4: access_log can't be written: there is no folder",
            "holdfast.yaml:5: region is a name such as eu-1",
            "holdfast.yaml:6: drain is a time such as 30s or 2m, from 1s to 3600s, not '0s'",
            $"holdfast.yaml:7: port {port} is in use by",
            "holdfast.yaml:7: certificate and key can't be used: ",
        ];
        Assert.All(expected, text => Assert.Contains(text, output, StringComparison.Ordinal));

        folder.Write("holdfast.yaml", "gateway: { port: 0, tls: { port: 1, certificate: a, keys: b } }\nservices:\n  web: { run: node server.js }");
        output = (await HoldfastTool.RunAsync(folder.Path, "up")).Output;
        Assert.Contains("holdfast.yaml:1: tls of gateway has no key 'keys': did you mean 'key'?", output, StringComparison.Ordinal);
        Assert.Contains("holdfast.yaml:1: tls of gateway has no key: it takes port, certificate and key", output, StringComparison.Ordinal);
    }

    private static void WriteCertificate(TopologyFolder folder)
    {
        using var certificate = SelfSigned.Certificate();
        folder.Write("cert.pem", certificate.ExportCertificatePem());
        folder.Write("key.pem", certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }
}
