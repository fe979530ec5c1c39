using System.Globalization;
using System.Text;

namespace Holdfast.Node;

/// <summary>What INFO answers: Redis's names where a figure means the same, so that its tools can show it, and Holdfast's own.</summary>
internal static class ServerReport
{
    /// <summary>The Redis version whose commands and errors these are; clients look at it to know what they may send.</summary>
    private const string RedisVersion = "7.0.15";

    public static void Run(Execution x, Command command)
    {
        var report = new StringBuilder();
        foreach (var (name, lines) in Sections(x.Node))
        {
            if (command.Count == 1 || IsAsked(command, name))
            {
                report.Append(report.Length > 0 ? "\r\n" : "").Append("# ").Append(name).Append("\r\n");
                foreach (var (key, value) in lines)
                {
                    report.Append(key).Append(':').Append(value).Append("\r\n");
                }
            }
        }

        x.Reply.Verbatim(report.ToString());
    }

    private static bool IsAsked(in Command command, string section)
    {
        for (var i = 1; i < command.Count; i++)
        {
            var asked = command.Text(i);
            if (asked.Equals(section, StringComparison.OrdinalIgnoreCase) || asked.ToLowerInvariant() is "all" or "everything" or "default")
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<(string Name, (string Key, string Value)[] Lines)> Sections(StateNode node)
    {
        var engine = node.Engine;
        var uptime = (long)node.Clock.GetElapsedTime(node.StartedAt).TotalSeconds;
        var memory = GC.GetTotalMemory(forceFullCollection: false);
        yield return ("Server",
        [
            ("redis_version", RedisVersion),
            ("server_name", "holdfast"),
            ("holdfast_version", StateNode.Version),
            ("redis_mode", "standalone"),
            ("process_id", Text(Environment.ProcessId)),
            ("run_id", engine.RunId),
            ("tcp_port", Text(node.EndPoint?.Port ?? 0)),
            ("uptime_in_seconds", Text(uptime)),
            ("partitions", Text(engine.Partitions.Count)),
        ]);
        yield return ("Clients",
        [
            ("connected_clients", Text(node.ConnectedClients)),
            ("maxclients", Text(node.Options.MaxClients)),
        ]);
        yield return ("Memory", [("used_memory", Text(memory)), ("used_memory_rss", Text(Environment.WorkingSet)), ("maxmemory", "0"), ("maxmemory_policy", "noeviction")]);
        yield return ("Persistence",
        [
            ("loading", "0"),
            ("durability", engine.Capabilities.Durability.ToString().ToLowerInvariant()),
            ("log_frames", Text(engine.LogFigures.Frames)),
            ("log_syncs", Text(engine.LogFigures.Syncs)),
            ("log_segment_bytes", Text(engine.LogFigures.Bytes)),
        ]);
        yield return ("Stats",
        [
            ("total_connections_received", Text(node.Connections)),
            ("total_commands_processed", Text(node.Commands)),
        ]);
        yield return ("Replication", [("role", "master"), ("connected_slaves", "0")]);
        yield return ("Cluster", [("cluster_enabled", "0")]);
        yield return ("Keyspace", [("db0", $"keys={Text(engine.CountRecords())},expires=0,avg_ttl=0")]);
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
