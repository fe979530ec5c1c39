using System.Globalization;
using Holdfast.Gateway;

namespace Holdfast.Cli.Topologies;

/// <summary>The way in: gateway processes that share one port.</summary>
internal sealed record GatewayTopology
{
    /// <summary>What the gateways are called by in commands and names; no service can be.</summary>
    public const string Name = "gateway";

    public const int DefaultPort = 8080;
    public const int DefaultReplicas = 1;
    public const int MaxReplicas = 16;

    /// <summary>The access log that goes where the gateways' own lines go.</summary>
    public const string StandardOutput = "-";

    public static readonly TimeSpan DefaultDrain = GatewayLimits.DrainTimeout;
    public static readonly TimeSpan MaxDrain = TimeSpan.FromHours(1);

    /// <summary>The loopback port of the gateways; 0 for a free one, chosen at start.</summary>
    public int Port { get; init; } = DefaultPort;

    public int Replicas { get; init; } = DefaultReplicas;

    /// <summary>Where the file names the port, or the gateway's default applies.</summary>
    public int PortLine { get; init; } = 1;

    /// <summary>HTTPS, besides HTTP; null for none.</summary>
    public TlsTopology? Tls { get; init; }

    /// <summary>The admin port of the first gateway, those of the others following; null for free ones.</summary>
    public int? AdminPort { get; init; }

    public int AdminPortLine { get; init; }

    /// <summary>Where a line for each request goes: a whole path, into whose name each gateway puts its number, or <see cref="StandardOutput"/>; null for nowhere.</summary>
    public string? AccessLog { get; init; }

    public int AccessLogLine { get; init; }

    /// <summary>Where the gateways are: instances of the same region are preferred. Empty for everywhere.</summary>
    public string Region { get; init; } = "";

    /// <summary>How long requests in flight may take to finish when a gateway ends.</summary>
    public TimeSpan Drain { get; init; } = DefaultDrain;

    /// <summary>The access log of the gateway of a number: <c>access.log</c> becomes <c>access-1.log</c>, since each has a file of its own.</summary>
    public string? AccessLogOf(int number) => AccessLog is null or StandardOutput
        ? AccessLog
        : Path.Combine(
            Path.GetDirectoryName(AccessLog)!,
            string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(AccessLog)}-{number}{Path.GetExtension(AccessLog)}"));
}
