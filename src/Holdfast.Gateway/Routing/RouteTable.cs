using Holdfast.Gateway.Instances;

namespace Holdfast.Gateway.Routing;

/// <summary>
/// Which service a path leads to: the one with the longest route that is a prefix of it in whole segments. Paths are
/// compared as the server has decoded and normalised them, letter case included.
/// </summary>
internal sealed class RouteTable
{
    private readonly Dictionary<string, ServicePool>.AlternateLookup<ReadOnlySpan<char>> pools;
    private readonly int deepest;

    /// <summary>Of two services that claim one route, the first has it.</summary>
    public RouteTable(IEnumerable<(ServiceDeclaration Service, ServicePool Pool)> services)
    {
        var routes = new Dictionary<string, ServicePool>(StringComparer.Ordinal);
        foreach (var (service, pool) in services)
        {
            foreach (var route in service.Routes)
            {
                routes.TryAdd(route == "/" ? "" : route, pool);
                deepest = Math.Max(deepest, route.Count('/'));
            }
        }

        pools = routes.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The service's instances, or null when no route takes the path.</summary>
    public ServicePool? Find(ReadOnlySpan<char> path)
    {
        var prefix = Shallow(path);
        while (true)
        {
            if (pools.TryGetValue(prefix, out var pool))
            {
                return pool;
            }

            if (prefix.IsEmpty)
            {
                return null;
            }

            prefix = prefix[..Math.Max(prefix.LastIndexOf('/'), 0)];
        }
    }

    /// <summary>The path without the segments that are deeper than any route, so that a long path costs no more lookups than a short one.</summary>
    private ReadOnlySpan<char> Shallow(ReadOnlySpan<char> path)
    {
        var depth = 0;
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == '/' && depth++ == deepest)
            {
                return path[..i];
            }
        }

        return path;
    }
}
