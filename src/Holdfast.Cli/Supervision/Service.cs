using System.Globalization;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Supervision;

/// <summary>A service's instances, of which there are more or fewer by <c>scale</c>.</summary>
internal sealed class Service(ServiceTopology topology, Func<string, InstanceProcess> create)
{
    private readonly Lock gate = new();
    private readonly SortedList<int, InstanceProcess> instances = [];
    private bool isClosed;

    public string Name => topology.Name;

    /// <summary>The instances in the order of their numbers.</summary>
    public IReadOnlyList<InstanceProcess> Instances
    {
        get
        {
            lock (gate)
            {
                return [.. instances.Values];
            }
        }
    }

    /// <summary>Starts instances under the lowest free numbers until there are so many, and answers the started ones.</summary>
    public IReadOnlyList<InstanceProcess> Grow(int count)
    {
        var added = new List<InstanceProcess>();
        lock (gate)
        {
            for (var number = 1; !isClosed && instances.Count < count; number++)
            {
                if (!instances.ContainsKey(number))
                {
                    var instance = create($"{Name}-{number.ToString(CultureInfo.InvariantCulture)}");
                    instances.Add(number, instance);
                    added.Add(instance);
                    instance.Start();
                }
            }
        }

        return added;
    }

    /// <summary>Keeps the service from growing any more, and answers what is to be stopped.</summary>
    public IReadOnlyList<InstanceProcess> Close()
    {
        lock (gate)
        {
            isClosed = true;
            return [.. instances.Values];
        }
    }

    /// <summary>The instances that go when there are to be so many: those of the highest numbers.</summary>
    public IReadOnlyList<InstanceProcess> Surplus(int count) => [.. Instances.Skip(count)];

    /// <summary>Stops instances, all at once, and returns when they are gone.</summary>
    public async Task StopAsync(IReadOnlyCollection<InstanceProcess> leaving)
    {
        await Task.WhenAll(leaving.Select(static instance => instance.StopAsync()));
        lock (gate)
        {
            foreach (var instance in leaving)
            {
                if (instances.IndexOfValue(instance) is var index and >= 0)
                {
                    instances.RemoveAt(index);
                }
            }
        }
    }
}
