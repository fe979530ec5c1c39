using Holdfast.Cli.Yaml;

namespace Holdfast.Cli.Topologies;

/// <summary>Which services start before which others, by what they need.</summary>
internal static class ServiceOrder
{
    /// <summary>Needs that can't be met: of services that are not there, and of those that wait for each other.</summary>
    public static IEnumerable<YamlProblem> ProblemsOf(IReadOnlyList<ServiceTopology> services)
    {
        var byName = services.ToDictionary(static service => service.Name);
        foreach (var service in services)
        {
            foreach (var need in service.Needs.Where(need => !byName.ContainsKey(need)))
            {
                var nearest = NearestName.Of(need, byName.Keys);
                yield return new YamlProblem(
                    service.NeedsLine, $"service {service.Name} needs {need}, and there is no such service: {(nearest is null ? "remove it" : $"did you mean {nearest}?")}");
            }

            if (CycleFrom(service, byName) is { } cycle)
            {
                yield return new YamlProblem(
                    service.NeedsLine, $"service {service.Name} would wait for itself ({string.Join(" needs ", cycle)}): remove one of these needs");
            }
        }
    }

    /// <summary>The services in groups, each of which needs only those of earlier groups. For services without problems.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> GroupsOf(IReadOnlyList<ServiceTopology> services)
    {
        var groups = new List<IReadOnlyList<string>>();
        var placed = new HashSet<string>();
        while (placed.Count < services.Count)
        {
            string[] next = [.. services.Where(service => !placed.Contains(service.Name) && service.Needs.All(placed.Contains)).Select(static service => service.Name)];
            groups.Add(next);
            placed.UnionWith(next);
        }

        return groups;
    }

    /// <summary>A way from the service back to itself; null when there is none.</summary>
    private static IReadOnlyList<string>? CycleFrom(ServiceTopology start, Dictionary<string, ServiceTopology> services)
    {
        var seen = new HashSet<string>();
        var ways = new Queue<IReadOnlyList<string>>([[start.Name]]);
        while (ways.TryDequeue(out var way))
        {
            foreach (var need in services[way[^1]].Needs.Where(services.ContainsKey))
            {
                if (need == start.Name)
                {
                    return [.. way, need];
                }

                if (seen.Add(need))
                {
                    ways.Enqueue([.. way, need]);
                }
            }
        }

        return null;
    }
}
