using System.Diagnostics;
using Holdfast.TestServers;

namespace Holdfast.Tests.Node.Clients;

/// <summary>A node that clients reach by its port and its Unix socket, one with TLS, and the clients that npm installs (test/redis-clients).</summary>
public sealed class RedisClients : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(200);
    private static readonly string Folder = Path.Combine(Repository.Root, "test", "redis-clients");

    private NodeServer plain = null!;
    private NodeServer encrypted = null!;

    public async ValueTask InitializeAsync()
    {
        await NpmPackages.InstallAsync(Folder);
        plain = await NodeServer.StartAsync();
        encrypted = await NodeServer.StartAsync(isEncrypted: true);
    }

    public async ValueTask DisposeAsync()
    {
        await plain.DisposeAsync();
        await encrypted.DisposeAsync();
    }

    /// <summary>Runs a script to its end. When it holds, the node is killed and started again on what it left.</summary>
    /// <param name="script">The script's name.</param>
    /// <param name="way">How it reaches the node: <c>redis</c>, <c>rediss</c> or <c>unix</c>.</param>
    /// <param name="protocol">What it is to speak, 2 or 3, if it can choose.</param>
    public async Task RunAsync(string script, string way, int protocol)
    {
        var node = way == "rediss" ? encrypted : plain;
        var start = new ProcessStartInfo("node", [script])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["REDIS_URL"] = way == "unix" ? $"unix:{node.SocketPath}" : $"{way}://:{NodeServer.Password}@127.0.0.1:{node.Port}";
        start.Environment["REDIS_CA"] = node.CertificateFile;
        start.Environment["RESP"] = $"{protocol}";
        using var process = Process.Start(start)!;
        using var timeout = new CancellationTokenSource(Deadline);
        await using var end = timeout.Token.Register(process.Kill);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var said = new List<string>();
        while (await process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            said.Add(line);
            if (line == "kill")
            {
                await node.KillAsync();
                await node.RestartAsync();
                await process.StandardInput.WriteLineAsync("killed");
            }
        }

        await process.WaitForExitAsync(CancellationToken.None);
        Assert.True(process.ExitCode == 0 && said is ["kill", "done"], $"{script} ended with {process.ExitCode} after {string.Join(", ", said)}:\n{await errors}");
    }
}
