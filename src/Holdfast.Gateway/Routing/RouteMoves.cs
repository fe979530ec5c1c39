namespace Holdfast.Gateway.Routing;

/// <summary>
/// Which services change together, as one gives up a route and the other one gains what leads there from now on. (1) If the one that gains stays as it was, so
/// must the one that gives, or the path would lead to none. (2) If the one that gives stays, so must one that gains the same route: it can't be both of theirs. What
/// gains a longer one has the path either way.
/// </summary>
internal static class RouteMoves
{
    /// <summary>Pairs of services, of which the second stays as it was if the first does.</summary>
    public static IReadOnlyCollection<(string First, string Second)> Between(IEnumerable<ServiceDeclaration> before, IEnumerable<ServiceDeclaration> now)
    {
        var (old, next) = (ByRoute(before), ByRoute(now));
        var pairs = new HashSet<(string, string)>();
        foreach (var path in old.Keys.Union(next.Keys))
        {
            if (Leading(old, path) is not { } from || Leading(next, path) is not { } to || from.Service == to.Service
                || next.GetValueOrDefault(from.Route) == from.Service || old.GetValueOrDefault(to.Route) == to.Service)
            {
                continue;
            }

            pairs.Add((to.Service, from.Service));
            if (to.Route == from.Route)
            {
                pairs.Add((from.Service, to.Service));
            }
        }

        return pairs;
    }

    private static Dictionary<string, string> ByRoute(IEnumerable<ServiceDeclaration> services)
    {
        var owners = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var service in services)
        {
            foreach (var route in service.Routes)
            {
                owners.TryAdd(route, service.Name);
            }
        }

        return owners;
    }

    /// <summary>The longest route that is a prefix of the path in whole segments, as <see cref="RouteTable"/> finds it.</summary>
    private static (string Route, string Service)? Leading(Dictionary<string, string> owners, string path)
    {
        while (true)
        {
            if (owners.TryGetValue(path, out var service))
            {
                return (path, service);
            }

            if (path == "/")
            {
                return null;
            }

            path = path[..Math.Max(path.LastIndexOf('/'), 1)];
        }
    }
}
