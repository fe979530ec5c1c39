using System.Diagnostics;
using System.Globalization;

namespace Holdfast.TestServers;

/// <summary>A real <c>holdfast node</c> in a process of its own, on a Unix socket and a free loopback port with a password.</summary>
internal sealed class NodeServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-node-").FullName;
    private readonly int partitions;
    private Process process = null!;
    private Task<string> errors = null!;
    private readonly int port = FreePort.Next();

    private readonly bool isEncrypted;
    private readonly int? core;
    private readonly FakeWallClock? clock;
    private readonly string[] arguments;

    private NodeServer(int partitions, bool isEncrypted, int? core, FakeWallClock? clock, string[] arguments) =>
        (this.partitions, this.isEncrypted, this.core, this.clock, this.arguments) = (partitions, isEncrypted, core, clock, arguments);

    /// <summary>What clients of the port must give.</summary>
    public static string Password => "wave-9";

    /// <summary>How an engine reaches it: by the Unix socket.</summary>
    public string ConnectionString => $"redis+unix://{SocketPath}";

    /// <summary>How an engine reaches it by the port.</summary>
    public string TcpConnectionString => $"redis://:{Password}@127.0.0.1:{port}";

    public string SocketPath => Path.Combine(folder, "node.sock");

    /// <summary>What the port's certificate is, if it is encrypted.</summary>
    public string CertificateFile => Path.Combine(folder, "node.crt");

    private string KeyFile => Path.Combine(folder, "node.key");

    public string DataFolder => Path.Combine(folder, "data");

    /// <summary>The loopback port. It stays the same when the node starts again.</summary>
    public int Port => port;

    public int Pid => process.Id;

    /// <summary>Starts a node on an empty folder and waits until it is ready.</summary>
    /// <param name="partitions">The number of partitions.</param>
    /// <param name="isEncrypted">Whether clients of the port speak TLS.</param>
    /// <param name="core">The one core of the machine that it may use, from 0; null for all.</param>
    /// <param name="clock">The wall clock that it has; null for the machine's.</param>
    /// <param name="arguments">Further arguments, as <c>--durability</c>, <c>written</c>.</param>
    public static async Task<NodeServer> StartAsync(
        int partitions = 256, bool isEncrypted = false, int? core = null, FakeWallClock? clock = null, params string[] arguments)
    {
        var node = new NodeServer(partitions, isEncrypted, core, clock, arguments);
        if (isEncrypted)
        {
            using var certificate = SelfSigned.Certificate();
            SelfSigned.Write(certificate, node.CertificateFile, node.KeyFile);
        }

        await node.LaunchAsync();
        return node;
    }

    /// <summary>kill -9, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Starts it again on what it left, after it was killed or stopped.</summary>
    public async Task RestartAsync()
    {
        process.Dispose();
        await LaunchAsync();
    }

    /// <summary>SIGTERM; answers the exit code and what it said on standard error.</summary>
    public async Task<(int ExitCode, string Errors)> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync();
        return (process.ExitCode, await errors);
    }

    /// <summary>Runs the tool with these arguments, as a user would.</summary>
    public static ProcessStartInfo Tool(params IEnumerable<string> arguments) => new("dotnet", [HoldfastTool.Path, .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
    };

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task LaunchAsync()
    {
        var start = Tool(
            "node", "--data", DataFolder, "--socket", SocketPath, "--port", port.ToString(CultureInfo.InvariantCulture),
            "--partitions", partitions.ToString(CultureInfo.InvariantCulture));
        foreach (var argument in isEncrypted ? [.. arguments, "--tls-cert", CertificateFile, "--tls-key", KeyFile] : arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["HOLDFAST_NODE_PASSWORD"] = Password;
        process = Process.Start(OneCore.Pin(clock?.For(start) ?? start, core))!;
        errors = process.StandardError.ReadToEndAsync();
        using var timeout = new CancellationTokenSource(StartTimeout);
        var line = await process.StandardOutput.ReadLineAsync(timeout.Token);
        if (line?.StartsWith("node ready ", StringComparison.Ordinal) != true)
        {
            await process.WaitForExitAsync();
            throw new InvalidOperationException($"The node ended with {process.ExitCode}: {line}{await errors}");
        }
    }
}
