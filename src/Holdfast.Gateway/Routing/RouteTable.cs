using Holdfast.Gateway.Instances;

namespace Holdfast.Gateway.Routing;

/// <summary>
/// Which service a path leads to: the one with the longest route that is a prefix of it in whole segments. Paths are
/// compared as the server has decoded and normalised them, letter case included.
/// </summary>
internal sealed class RouteTable
{
    private readonly Dictionary<string, Route>.AlternateLookup<ReadOnlySpan<char>> routes;
    private readonly int deepest;

    /// <summary>Of two services that claim one route, the first has it. A route that was there before goes on counting.</summary>
    public RouteTable(IEnumerable<(ServiceDeclaration Service, ServicePool Pool)> services, RouteTable? before = null)
    {
        var table = new Dictionary<string, Route>(StringComparer.Ordinal);
        foreach (var (service, pool) in services)
        {
            foreach (var path in service.Routes)
            {
                var prefix = path == "/" ? "" : path;
                table.TryAdd(prefix, before is not null && before.routes.TryGetValue(prefix, out var known) && known.Pool == pool ? known : new Route(path, pool));
                deepest = Math.Max(deepest, path.Count('/'));
            }
        }

        All = [.. table.Values];
        routes = table.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Every route.</summary>
    public IReadOnlyList<Route> All { get; }

    /// <summary>The route, or null when none takes the path.</summary>
    public Route? Find(ReadOnlySpan<char> path)
    {
        var prefix = Shallow(path);
        while (true)
        {
            if (routes.TryGetValue(prefix, out var route))
            {
                return route;
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
