namespace Holdfast.Cli.Topologies;

/// <summary>The way in: gateway processes that share one port.</summary>
internal sealed record GatewayTopology
{
    /// <summary>What the gateways are called by in commands and names; no service can be.</summary>
    public const string Name = "gateway";

    public const int DefaultPort = 8080;
    public const int DefaultReplicas = 1;
    public const int MaxReplicas = 16;

    /// <summary>The loopback port of the gateways; 0 for a free one, chosen at start.</summary>
    public int Port { get; init; } = DefaultPort;

    public int Replicas { get; init; } = DefaultReplicas;

    /// <summary>Where the file names the port, or the gateway's default applies.</summary>
    public int PortLine { get; init; } = 1;
}
