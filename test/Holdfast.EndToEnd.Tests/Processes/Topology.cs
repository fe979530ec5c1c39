using System.Diagnostics;
using System.Text.Json;
using Holdfast.TestServers;

namespace Holdfast.EndToEnd.Tests.Processes;

/// <summary>An application as <c>holdfast up</c> runs it: three instances behind two gateways, in a folder and on ports of its own.</summary>
internal sealed class Topology : IAsyncDisposable
{
    public const int Instances = 3;
    public const int Gateways = 2;

    private const string Ready = "web is ready at ";
    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-e2e-").FullName;
    private readonly HoldfastTool supervisor;

    private Topology(string project, string health, string state)
    {
        File.WriteAllText(Path.Combine(folder, "holdfast.yaml"), $$"""
            state: {{state}}
            gateway: { port: 0, replicas: {{Gateways}} }
            services:
              web:
                run: dotnet {{Repository.ProgramOf(project)}}
                replicas: {{Instances}}
                health: {{health}}
                routes: [ / ]
                # The collector for small machines: what a process takes is then what it needs.
                env: { DOTNET_gcServer: "0" }
            """);
        supervisor = HoldfastTool.Start(folder, "up");
    }

    /// <summary>The gateways' address.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>The supervisor's process id.</summary>
    public int Supervisor => supervisor.Pid;

    /// <summary>What the topology's processes printed last.</summary>
    public string Output => string.Join('\n', supervisor.Lines.TakeLast(200));

    /// <summary>Starts the shop.</summary>
    public static Task<Topology> StartAsync(string state = "embedded") => StartAsync(LoneShop.Project, "/healthz", state);

    /// <summary>Starts an application, and returns once it is ready.</summary>
    /// <param name="project">Its folder in the repository.</param>
    /// <param name="health">The path that tells that an instance is well.</param>
    /// <param name="state">The store.</param>
    public static async Task<Topology> StartAsync(string project, string health, string state)
    {
        var topology = new Topology(project, health, state);
        try
        {
            var line = await topology.supervisor.SeeAsync(Ready);
            topology.Url = new Uri(line[(line.IndexOf(Ready, StringComparison.Ordinal) + Ready.Length)..]);
            return topology;
        }
        catch
        {
            await topology.DisposeAsync();
            throw;
        }
    }

    /// <summary>The process ids of the instances that are ready.</summary>
    public async Task<IReadOnlyList<int>> ReadyInstancesAsync()
    {
        var status = await HoldfastTool.StatusAsync(folder);
        return [.. status.GetProperty("services").EnumerateArray()
            .SelectMany(static service => service.GetProperty("instances").EnumerateArray())
            .Where(static instance => instance.GetProperty("state").GetString() == "ready")
            .Select(static instance => instance.GetProperty("pid").GetInt32())];
    }

    /// <summary>The process ids of the gateways that run.</summary>
    public async Task<IReadOnlyList<int>> GatewaysAsync() =>
        [.. (await HoldfastTool.StatusAsync(folder)).GetProperty("gateway").GetProperty("pids").EnumerateArray()
            .Select(static pid => pid.GetInt32())];

    /// <summary>The process ids of all instances and gateways.</summary>
    public async Task<IReadOnlyList<int>> ProcessesAsync() => [.. await ReadyInstancesAsync(), .. await GatewaysAsync()];

    /// <summary>Replaces every instance of a service, or gateway, by another one, and returns once that is done.</summary>
    public async Task RollAsync(string service = "web")
    {
        var (code, told) = await TryRollAsync(service);
        Assert.True(code == 0, $"roll exits with {code}: {told}\n{Output}");
    }

    /// <summary>Rolls while what may go wrong does, and answers how it ended.</summary>
    public Task<(int Code, string Told)> TryRollAsync(string service = "web") => HoldfastTool.RunAsync(folder, "roll", service, "--watch", "1s");

    /// <summary>The process id of the node that serves the state.</summary>
    public async Task<int> NodeAsync() => await TryNodeAsync() ?? throw new InvalidOperationException("No node runs.");

    /// <summary>The process id of the node that serves the state; null while none does.</summary>
    public async Task<int?> TryNodeAsync() =>
        (await HoldfastTool.StatusAsync(folder)).GetProperty("state").GetProperty("pid") is { ValueKind: JsonValueKind.Number } pid ? pid.GetInt32() : null;

    /// <summary>What the node answers to a command; null when it doesn't.</summary>
    public async Task<string?> StateReplyAsync(params string[] command)
    {
        using var asking = Process.Start(new ProcessStartInfo("redis-cli", ["-e", "-s", Path.Combine(folder, ".holdfast", "node.sock"), .. command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = asking.StandardError.ReadToEndAsync();
        var reply = await asking.StandardOutput.ReadToEndAsync();
        await errors;
        await asking.WaitForExitAsync();
        return asking.ExitCode == 0 ? reply : null;
    }

    public async ValueTask DisposeAsync()
    {
        await supervisor.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
