using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Supervision;

/// <summary>A service that runs: its instances, and what the next one of them is started as.</summary>
internal sealed class Service : IDisposable
{
    public Service(ServiceTopology topology, Func<string, int, ServiceTopology, InstanceProcess> create)
    {
        Topology = topology;
        Instances = new Replicas<InstanceProcess>(topology.Name, (name, number) =>
        {
            var instance = create(name, number, Topology);
            instance.Service = this;
            return instance;
        });
    }

    public string Name => Topology.Name;

    /// <summary>What instances are started as that are added from now on. Those that run keep what they were started as, over restarts too.</summary>
    public ServiceTopology Topology { get; set; }

    public Replicas<InstanceProcess> Instances { get; }

    /// <summary>Held by whoever adds and removes instances.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    public void Dispose() => Turn.Dispose();
}
