using Holdfast.Gateway.Instances;
using Holdfast.Gateway.Overload;
using Holdfast.Gateway.Telemetry;

namespace Holdfast.Gateway.Routing;

/// <summary>A path prefix of a service, and what was counted of its requests.</summary>
internal sealed record Route(string Path, ServicePool Pool)
{
    public Tally Tally { get; } = new();

    /// <summary>Turns its requests away while nothing answers them.</summary>
    public Breaker Breaker { get; } = Pool.NewBreaker(Path);
}
