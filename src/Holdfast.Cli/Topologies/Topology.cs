namespace Holdfast.Cli.Topologies;

/// <summary>What runs together on one machine, as <c>holdfast.yaml</c> says it.</summary>
internal sealed record Topology
{
    /// <summary>The store that the supervisor starts and serves itself.</summary>
    public const string EmbeddedState = "embedded";

    /// <summary>The topology file's absolute path.</summary>
    public required string File { get; init; }

    /// <summary>The folder that holds the file: commands run in it, and <c>.holdfast/</c> lies in it.</summary>
    public string Folder => Path.GetDirectoryName(File)!;

    /// <summary><see cref="EmbeddedState"/>, or the URL of a store that runs elsewhere.</summary>
    public string State { get; init; } = EmbeddedState;

    /// <summary>How much is kept of what processes print.</summary>
    public LogRotation Logs { get; init; } = new();

    /// <summary>The way in.</summary>
    public GatewayTopology Gateway { get; init; } = new();

    /// <summary>The services, in the file's order.</summary>
    public IReadOnlyList<ServiceTopology> Services { get; init; } = [];
}
