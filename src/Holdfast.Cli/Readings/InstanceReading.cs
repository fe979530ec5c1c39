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
}
