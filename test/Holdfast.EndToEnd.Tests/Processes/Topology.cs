using Holdfast.TestServers;

namespace Holdfast.EndToEnd.Tests.Processes;

/// <summary>An application as <c>holdfast up</c> runs it: three instances behind two gateways, in a folder and on ports of its own.</summary>
internal sealed class Topology : IAsyncDisposable
{
    private const string Ready = "web is ready at ";
    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-e2e-").FullName;
    private readonly HoldfastTool supervisor;

    private Topology(string project, string health, string state)
    {
        File.WriteAllText(Path.Combine(folder, "holdfast.yaml"), $$"""
            state: {{state}}
            gateway: { port: 0, replicas: 2 }
            services:
              web:
                run: dotnet {{Repository.ProgramOf(project)}}
                replicas: 3
                health: {{health}}
                routes: [ / ]
                # The collector for small machines: what a process takes is then what it needs.
                env: { DOTNET_gcServer: "0" }
            """);
        supervisor = HoldfastTool.Start(folder, "up");
    }

    /// <summary>The gateways' address.</summary>
    public Uri Url { get; private set; } = null!;

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

    /// <summary>Replaces every instance by another one, and returns once that is done.</summary>
    public async Task RollAsync()
    {
        var (code, told) = await HoldfastTool.RunAsync(folder, "roll", "web", "--watch", "1s");
        Assert.True(code == 0, $"roll exits with {code}: {told}\n{Output}");
    }

    /// <summary>The process id of the node that serves the state.</summary>
    public async Task<int> NodeAsync() => (await HoldfastTool.StatusAsync(folder)).GetProperty("state").GetProperty("pid").GetInt32();

    public async ValueTask DisposeAsync()
    {
        await supervisor.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
