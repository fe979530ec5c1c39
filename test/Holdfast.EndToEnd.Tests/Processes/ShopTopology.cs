using Holdfast.TestServers;

namespace Holdfast.EndToEnd.Tests.Processes;

/// <summary>The shop as <c>holdfast up</c> runs it: three instances behind two gateways, in a folder and on ports of its own.</summary>
internal sealed class ShopTopology : IAsyncDisposable
{
    private const string Ready = "shop is ready at ";
    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-e2e-").FullName;
    private readonly HoldfastTool supervisor;

    private ShopTopology(string state)
    {
        File.WriteAllText(Path.Combine(folder, "holdfast.yaml"), $$"""
            state: {{state}}
            gateway: { port: 0, replicas: 2 }
            services:
              shop:
                run: dotnet {{Repository.ProgramOf(LoneShop.Project)}}
                replicas: 3
                health: /healthz
                routes: [ / ]
            """);
        supervisor = HoldfastTool.Start(folder, "up");
    }

    /// <summary>The gateways' address.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>What the topology's processes printed last.</summary>
    public string Output => string.Join('\n', supervisor.Lines.TakeLast(200));

    public static async Task<ShopTopology> StartAsync(string state = "embedded")
    {
        var topology = new ShopTopology(state);
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

    /// <summary>The process id of the node that serves the state.</summary>
    public async Task<int> NodeAsync() => (await HoldfastTool.StatusAsync(folder)).GetProperty("state").GetProperty("pid").GetInt32();

    public async ValueTask DisposeAsync()
    {
        await supervisor.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
