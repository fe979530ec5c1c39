namespace Holdfast.Cli.Readings;

/// <summary>What one gateway knows of an instance.</summary>
internal sealed record InstanceReading
{
    /// <summary>Whether the gateway may give it requests, as far as the registry goes.</summary>
    public bool IsReady { get; init; }

    /// <summary>The requests that it has and has not finished.</summary>
    public int InFlight { get; init; }

    public RequestCount Requests { get; init; }

    public Latencies Latencies { get; init; } = Latencies.None;

    /// <summary>What two gateways know of one instance.</summary>
    public static InstanceReading operator +(InstanceReading one, InstanceReading other) => new()
    {
        IsReady = one.IsReady || other.IsReady,
        InFlight = one.InFlight + other.InFlight,
        Requests = one.Requests + other.Requests,
        Latencies = one.Latencies + other.Latencies,
    };
}
