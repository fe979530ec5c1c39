using System.Text.RegularExpressions;
using Holdfast.Cli.Yaml;

namespace Holdfast.Cli.Topologies;

/// <summary>Reads how a topology's gateways are to serve.</summary>
internal static partial class GatewayParser
{
    private const int LastPort = 65535;
    private static readonly string[] Keys = ["port", "replicas", "tls", "admin_port", "access_log", "region", "drain"];
    private static readonly string[] TlsKeys = ["port", "certificate", "key"];

    public static GatewayTopology Parse(YamlSection gateway, string folder)
    {
        gateway.ExpectOnly(Keys);
        return new GatewayTopology
        {
            Port = gateway.Number("port", 0, LastPort) ?? GatewayTopology.DefaultPort,
            PortLine = gateway.LineOf("port"),
            Replicas = gateway.Number("replicas", 1, GatewayTopology.MaxReplicas) ?? GatewayTopology.DefaultReplicas,
            Tls = Tls(gateway, folder),
            AdminPort = gateway.Number("admin_port", 1, LastPort - GatewayTopology.MaxReplicas),
            AdminPortLine = gateway.LineOf("admin_port"),
            AccessLog = gateway.Text("access_log") is { } log ? log == GatewayTopology.StandardOutput ? log : Path.GetFullPath(log, folder) : null,
            AccessLogLine = gateway.LineOf("access_log"),
            Region = Region(gateway),
            Drain = gateway.Time("drain", TimeSpan.FromSeconds(1), GatewayTopology.MaxDrain) ?? GatewayTopology.DefaultDrain,
        };
    }

    private static TlsTopology? Tls(YamlSection gateway, string folder)
    {
        if (gateway.Section("tls", "tls of gateway") is not { } tls)
        {
            return null;
        }

        tls.ExpectOnly(TlsKeys);
        foreach (var missing in TlsKeys.Where(key => !tls.Keys.Contains(key)))
        {
            tls.Report(gateway.LineOf("tls"), $"tls of gateway has no {missing}: it takes port, certificate and key, files in PEM");
        }

        return tls.Number("port", 1, LastPort) is { } port && tls.Text("certificate") is { } certificate && tls.Text("key") is { } key
            ? new TlsTopology(port, Path.GetFullPath(certificate, folder), Path.GetFullPath(key, folder), gateway.LineOf("tls"))
            : null;
    }

    private static string Region(YamlSection gateway)
    {
        if (gateway.Text("region") is not { } region)
        {
            return "";
        }

        if (RegionName().IsMatch(region))
        {
            return region;
        }

        gateway.Report(gateway.LineOf("region"), $"region is a name such as eu-1, of letters, digits, dots and dashes, not '{region}'");
        return "";
    }

    [GeneratedRegex("^[A-Za-z0-9.-]{1,64}$")]
    private static partial Regex RegionName();
}
