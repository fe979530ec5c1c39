using Holdfast.Cli.Logs;
using Holdfast.Cli.Supervision;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Prove.Instances;

/// <summary>The state plane of a topology that is proved: the one that the topology names, or a node of the proof's own, whose records end with it.</summary>
internal sealed class ProvedStore : IAsyncDisposable
{
    private readonly NodeProcess? node;
    private readonly RunLog? log;
    private readonly StateAddress address;

    private ProvedStore(StateAddress address, NodeProcess? node = null, RunLog? log = null) => (this.address, this.node, this.log) = (address, node, log);

    /// <summary>What the supervisor would give each instance.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["HOLDFAST_STATE"] = address.Url, ["REDIS_URL"] = address.RedisUrl };

    /// <exception cref="CommandException">The node doesn't start.</exception>
    public static async Task<ProvedStore> StartAsync(string state, Workplace workplace, CancellationToken cancellationToken)
    {
        if (state != Topology.EmbeddedState || OperatingSystem.IsWindows())
        {
            return new ProvedStore(new StateAddress(state, state));
        }

        var folder = RunFolder.Of(Path.Combine(workplace.Root, "store", TopologyFile.Name));
        Directory.CreateDirectory(Path.Combine(workplace.Root, "store"));
        await using var held = await folder.AcquireAsync(workplace.Marker);
        var log = new RunLog(Stream.Null, coloured: false);
        var run = new RunContext
        {
            Log = log,
            Marker = workplace.Marker,
            Ports = workplace.Ports,
            ReadyTimeout = Application.DefaultReadyTimeout,
            KillNow = workplace.KillNow,
            Clock = workplace.Clock,
            Entropy = workplace.Entropy,
        };
        var store = new NodeProcess(folder, run);
        store.Start();
        return await store.FirstReady.WaitAsync(cancellationToken) is { } problem
            ? throw new CommandException($"the state plane does not start: {problem}")
            : new ProvedStore(store.Address, store, log);
    }

    public async ValueTask DisposeAsync()
    {
        if (node is not null)
        {
            await node.StopAsync();
            node.Dispose();
        }

        if (log is not null)
        {
            await log.DisposeAsync();
        }
    }
}
