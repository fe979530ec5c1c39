using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Holdfast.TestServers;

namespace Holdfast.Gateway.Tests.Hosting;

public sealed class TlsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-tls-").FullName;

    private string CertificateFile => Path.Combine(folder, "cert.pem");

    private string KeyFile => Path.Combine(folder, "key.pem");

    [Fact]
    public async Task A_certificate_is_replaced_without_a_connection_lost_and_one_that_cannot_be_used_is_not_taken()
    {
        var port = FreePort.Next();
        var tlsPort = FreePort.Next();
        await using var rig = await Rig.StartAsync(instances: 1);
        var first = Write();
        await using var gateway = HoldfastTool.Start(
            folder, "gateway", "--port", $"{port}", "--tls-port", $"{tlsPort}", "--tls-certificate", CertificateFile, "--tls-key", KeyFile, "--state", rig.Store.ConnectionString);
        await gateway.SeeAsync("ready on");
        using var kept = new HttpClient(Tls.Handler()) { BaseAddress = new Uri($"https://localhost:{tlsPort}") };
        Assert.Contains("https", await kept.GetStringAsync("/"));
        Assert.Equal(first, await ServedAsync(tlsPort));

        File.WriteAllText(CertificateFile, "nonsense");
        await Eventually.HoldsAsync(async () => await ServedAsync(tlsPort) == first && gateway.Output.Contains("earlier one stays", StringComparison.Ordinal));

        var second = Write();
        await Eventually.HoldsAsync(async () => await ServedAsync(tlsPort) == second);
        await kept.GetStringAsync("/");
    }

    [Fact]
    public async Task A_certificate_behind_a_link_is_replaced_when_the_link_leads_elsewhere()
    {
        var port = FreePort.Next();
        var tlsPort = FreePort.Next();
        await using var rig = await Rig.StartAsync(instances: 1);

        // As in a volume that Kubernetes makes of a secret: the files are links through "..data", which is what is swapped.
        var first = WriteVersion("..1");
        Directory.CreateSymbolicLink(Path.Combine(folder, "..data"), "..1");
        File.CreateSymbolicLink(CertificateFile, Path.Combine("..data", "cert.pem"));
        File.CreateSymbolicLink(KeyFile, Path.Combine("..data", "key.pem"));
        await using var gateway = HoldfastTool.Start(
            folder, "gateway", "--port", $"{port}", "--tls-port", $"{tlsPort}", "--tls-certificate", CertificateFile, "--tls-key", KeyFile, "--state", rig.Store.ConnectionString);
        await gateway.SeeAsync("ready on");
        Assert.Equal(first, await ServedAsync(tlsPort));

        var second = WriteVersion("..2");
        Directory.CreateSymbolicLink(Path.Combine(folder, "..new"), "..2");
        using (var move = System.Diagnostics.Process.Start("mv", ["-T", Path.Combine(folder, "..new"), Path.Combine(folder, "..data")]))
        {
            await move.WaitForExitAsync();
        }

        await Eventually.HoldsAsync(async () => await ServedAsync(tlsPort) == second);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_used_at_the_start_is_named()
    {
        File.WriteAllText(CertificateFile, "nonsense");
        File.WriteAllText(KeyFile, "nonsense");

        var (code, output) = await HoldfastTool.RunAsync(
            folder, "gateway", "--port", $"{FreePort.Next()}", "--tls-port", $"{FreePort.Next()}",
            "--tls-certificate", CertificateFile, "--tls-key", KeyFile, "--state", "redis://127.0.0.1:1");

        Assert.Equal(1, code);
        Assert.Contains("PEM", output);
    }

    [Fact]
    public async Task HTTP_1_and_2_are_both_served_and_instances_learn_of_it()
    {
        await using var rig = await Rig.StartAsync(instances: 1, Tls.Serve);
        using var client = Tls.Client(rig);
        using var second = await client.PostAsync("/", new StringContent("goods"));
        Assert.Equal(HttpVersion.Version20, second.Version);
        Assert.Contains("\"x-forwarded-proto\":\"https\"", await second.Content.ReadAsStringAsync());

        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var first = await client.SendAsync(request);
        Assert.Equal(HttpVersion.Version11, first.Version);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Writes a new certificate, and returns its thumbprint.</summary>
    private string Write()
    {
        using var certificate = SelfSigned.Certificate();
        SelfSigned.Write(certificate, CertificateFile, KeyFile);
        return certificate.Thumbprint;
    }

    private string WriteVersion(string name)
    {
        var version = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        using var certificate = SelfSigned.Certificate();
        SelfSigned.Write(certificate, Path.Combine(version, "cert.pem"), Path.Combine(version, "key.pem"));
        return certificate.Thumbprint;
    }

    private static async Task<string> ServedAsync(int port)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port);
        await using var stream = new SslStream(client.GetStream(), false, static (_, certificate, _, _) => Tls.IsTests(certificate));
        await stream.AuthenticateAsClientAsync("localhost");
        return ((System.Security.Cryptography.X509Certificates.X509Certificate2)stream.RemoteCertificate!).Thumbprint;
    }
}
