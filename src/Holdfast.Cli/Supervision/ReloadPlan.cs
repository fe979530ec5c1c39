using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Supervision;

/// <summary>What becomes of a topology that runs when gateways are to treat its services as its file says now.</summary>
/// <param name="started">The topology as it was started.</param>
/// <param name="running">Its services as they are.</param>
/// <param name="described">The topology as the file says it now.</param>
internal sealed class ReloadPlan(Topology started, IReadOnlyList<ServiceTopology> running, Topology described)
{
    private const string AtNewStart = "when the topology is started again";

    /// <summary>The services whose routes or settings change, as they are then.</summary>
    public IReadOnlyList<ServiceTopology> Changed { get; } =
    [
        .. from service in running
           join now in described.Services on service.Name equals now.Name
           let wanted = service.ServedAs(now)
           where !wanted.IsServedLike(service)
           select wanted,
    ];

    private IEnumerable<ServiceTopology> Gone => running.Where(service => described.Services.All(other => other.Name != service.Name));

    private IEnumerable<ServiceTopology> Added => described.Services.Where(service => running.All(other => other.Name != service.Name));

    private IEnumerable<(ServiceTopology Before, ServiceTopology Now)> Both =>
        running.Join(described.Services, static service => service.Name, static now => now.Name, static (before, now) => (before, now));

    /// <summary>Why nothing of it can be done; null when it can.</summary>
    public string? Refusal() => Stuck() is not { Count: > 0 } stuck ? null
        : $"nothing was changed: {string.Join(", ", stuck)} would go to or from a service that only a new start brings or ends. "
            + "Leave those routes where they are until then, or start the topology again";

    /// <summary>What the file says otherwise too, and stays as it is, a line each.</summary>
    public IEnumerable<string> Left() =>
    [
        .. Gone.Select(static service => $"{service.Name} is not in the file any more, and goes on as it is until the topology is started again"),
        .. Both.SelectMany(static pair => LeftOf(pair.Before, pair.Now)),
        .. Added.Select(static service => $"{service.Name} is new, and starts {AtNewStart}"),
        .. Changing("what the gateways are started with", WithoutLines(started.Gateway) != WithoutLines(described.Gateway)),
        .. Changing("the state plane", started.State != described.State),
        .. Changing("how much is kept of logs", started.Logs != described.Logs),
    ];

    private static IEnumerable<string> LeftOf(ServiceTopology before, ServiceTopology now)
    {
        var name = now.Name;
        return
        [
            .. Rolled($"{name} is to be built in another way", now.Build != before.Build, name),
            .. Rolled($"{name} is to be started in another way", !now.StartsLike(before), name),
            .. Rolled($"{name} is to be drained for another time", now.Drain != before.Drain, name),
            .. now.Replicas == before.Replicas || now.Scaling is not null || before.Scaling is not null ? []
                : (IEnumerable<string>)[$"the number of instances of {name} stays: 'holdfast scale {name} {now.Replicas}' changes it"],
            .. Changing($"how {name} scales itself", now.Scaling != before.Scaling),
            .. Changing($"the health path of {name}", now.Health != before.Health),
            .. Changing($"what {name} needs", !now.Needs.Order(StringComparer.Ordinal).SequenceEqual(before.Needs.Order(StringComparer.Ordinal))),
        ];
    }

    private static IEnumerable<string> Rolled(string what, bool isSo, string name) => isSo ? [$"{what}: 'holdfast roll {name}' does that"] : [];

    private static IEnumerable<string> Changing(string what, bool isSo) => isSo ? [$"{what} changes {AtNewStart}"] : [];

    private static GatewayTopology WithoutLines(GatewayTopology gateway) =>
        gateway with { PortLine = 0, AdminPortLine = 0, AccessLogLine = 0, Tls = gateway.Tls is { } tls ? tls with { Line = 0 } : null };

    /// <summary>
    /// The paths that would have two services, since one goes on that the file has no more, or none, since one does not run yet that only the file has.
    /// </summary>
    private List<string> Stuck()
    {
        var isDoubled = Both.SelectMany(static pair => pair.Now.Routes).Intersect(Gone.SelectMany(static service => service.Routes));
        var isOrphaned = Both.SelectMany(static pair => pair.Before.Routes.Except(pair.Now.Routes)).Intersect(Added.SelectMany(static service => service.Routes));
        return [.. isDoubled.Union(isOrphaned).Order(StringComparer.Ordinal)];
    }
}
