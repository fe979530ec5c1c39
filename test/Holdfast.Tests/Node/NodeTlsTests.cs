using System.Diagnostics;
using System.Net.Security;
using Holdfast.TestServers;

namespace Holdfast.Tests.Node;

public class NodeTlsTests
{
    [Fact]
    public async Task Clients_speak_TLS_on_the_port_and_not_on_the_socket()
    {
        using var certificate = SelfSigned.Certificate();
        var host = new NodeHost { Options = new() { Certificate = SslStreamCertificateContext.Create(certificate, null, offline: true) } };
        await host.InitializeAsync();
        await using var disposing = host;
        using var client = RawClient.OnSecurePort(host.Node.EndPoint!.Port, certificate);
        using var local = host.Connect();
        Assert.Equal("-NOAUTH Authentication required.", client.Ask("PING"));
        Assert.Equal("OK", client.Ask("AUTH", NodeHost.Password));
        var value = new string('x', 700_000);
        Assert.Equal("OK", client.Ask("SET", "big", value));
        Assert.Equal(value, client.Ask("GET", "big"));
        Assert.Equal(value, local.Ask("GET", "big"));
        for (var i = 0; i < 500; i++)
        {
            client.Send("INCR", "count");
        }

        for (var i = 1L; i <= 500; i++)
        {
            Assert.Equal(i, client.Read());
        }

        Assert.Equal("OK", client.Ask("QUIT"));
        Assert.True(client.IsClosed());
    }

    [Fact]
    public async Task Who_does_not_speak_TLS_is_disconnected_and_the_others_are_served()
    {
        using var certificate = SelfSigned.Certificate();
        var clock = new StandingClock();
        var host = new NodeHost
        {
            EngineOptions = PatientOptions.Default with { Clock = clock },
            Options = new() { Certificate = SslStreamCertificateContext.Create(certificate, null, offline: true) },
        };
        await host.InitializeAsync();
        await using var disposing = host;
        var port = host.Node.EndPoint!.Port;
        using var plain = RawClient.OnPort(port);
        plain.Send("AUTH", NodeHost.Password);
        Assert.True(plain.IsClosed());
        await host.SeeClientsAsync(0);
        using var silent = RawClient.OnPort(port);
        await host.SeeClientsAsync(1);
        clock.Move(StateNodeOptions.DefaultAuthenticationTimeout + TimeSpan.FromSeconds(1));
        Assert.True(silent.IsClosed());
        using var client = RawClient.OnSecurePort(port, certificate);
        Assert.Equal("OK", client.Ask("AUTH", NodeHost.Password));
    }

    [Fact]
    public async Task The_tool_serves_TLS_to_redis_cli_and_to_the_Redis_engine()
    {
        await using var node = await NodeServer.StartAsync(isEncrypted: true);
        Assert.Equal("OK\nv", await RedisCliAsync(node, node.CertificateFile, "SET k v\nGET k\n"));
        using var another = SelfSigned.Certificate();
        var strange = node.CertificateFile + ".other";
        SelfSigned.Write(another, strange, strange + ".key");
        Assert.Contains("certificate verify failed", await RedisCliAsync(node, strange, "GET k\n"));

        var state = $"rediss://:{NodeServer.Password}@localhost:{node.Port}";
        Assert.Equal((0, ""), await ListSessionsAsync(state, node.CertificateFile));
        var (exitCode, error) = await ListSessionsAsync(state, null);
        Assert.Equal(1, exitCode);
        Assert.Contains($"The certificate of the store at localhost:{node.Port} is not accepted", error);
    }

    [Fact]
    public async Task Files_that_are_no_certificate_are_told()
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-node-").FullName;
        using var certificate = SelfSigned.Certificate();
        var (certificateFile, keyFile) = (Path.Combine(folder, "node.crt"), Path.Combine(folder, "node.key"));
        SelfSigned.Write(certificate, certificateFile, keyFile);
        string[] start = ["node", "--data", Path.Combine(folder, "data"), "--port", "0"];
        Assert.Contains("are no certificate with its key", await FailAsync(1, [.. start, "--tls-cert", keyFile, "--tls-key", keyFile]));
        Assert.Contains("are no certificate with its key", await FailAsync(1, [.. start, "--tls-cert", certificateFile, "--tls-key", certificateFile]));
        Assert.Contains("nowhere.key", await FailAsync(1, [.. start, "--tls-cert", certificateFile, "--tls-key", Path.Combine(folder, "nowhere.key")]));
        Assert.Contains("go together", await FailAsync(64, [.. start, "--tls-cert", certificateFile]));
        Assert.Contains("needs a Password and a Certificate", await FailAsync(1, [.. start, "--bind", "0.0.0.0"]));
        Assert.Contains("IP address", await FailAsync(64, [.. start, "--bind", "everywhere"]));
        Assert.Contains("--idle-timeout is a number", await FailAsync(64, [.. start, "--idle-timeout", "-1"]));
        Assert.Contains("--durability", await FailAsync(64, [.. start, "--durability", "never"]));
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<string> FailAsync(int exitCode, string[] arguments)
    {
        using var process = Process.Start(NodeServer.Tool(arguments))!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(exitCode == process.ExitCode, $"{process.ExitCode}: {errors}");
        return errors;
    }

    private static async Task<string> RedisCliAsync(NodeServer node, string trusted, string commands)
    {
        var start = new ProcessStartInfo("redis-cli", ["--tls", "--cacert", trusted, "-h", "127.0.0.1", "-p", $"{node.Port}"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["REDISCLI_AUTH"] = NodeServer.Password;
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(commands);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return $"{output}{await errors}".Trim();
    }

    /// <summary>Has the tool read the store, which trusts this certificate besides those that the machine trusts.</summary>
    private static async Task<(int ExitCode, string Errors)> ListSessionsAsync(string state, string? trusted)
    {
        var start = NodeServer.Tool("sessions", "list", "--user", "ann");
        start.Environment["HOLDFAST_STATE"] = state;
        start.Environment["SSL_CERT_FILE"] = trusted ?? "/dev/null";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await errors);
    }
}
