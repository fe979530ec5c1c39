using System.Globalization;
using System.Runtime.InteropServices;
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
            if (IsAsked(command, name))
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

    /// <summary>As in Redis, what is told of each command is told only when it is asked for.</summary>
    private static bool IsAsked(in Command command, string section)
    {
        var isOfDefault = section != "Commandstats";
        for (var i = 1; i < command.Count; i++)
        {
            var asked = command.Text(i);
            if (asked.Equals(section, StringComparison.OrdinalIgnoreCase) || command.Is(i, "ALL"u8) || command.Is(i, "EVERYTHING"u8)
                || (isOfDefault && command.Is(i, "DEFAULT"u8)))
            {
                return true;
            }
        }

        return command.Count == 1 && isOfDefault;
    }

    private static IEnumerable<(string Name, (string Key, string Value)[] Lines)> Sections(StateNode node)
    {
        yield return ("Server", Server(node));
        yield return ("Clients", Clients(node));
        yield return ("Memory", Memory(node));
        yield return ("Persistence", Persistence(node));
        yield return ("Stats", Stats(node));
        yield return ("Replication", [("role", "master"), ("connected_slaves", "0")]);
        yield return ("CPU", Processor());
        yield return ("Commandstats", Calls(node));
        yield return ("Cluster", [("cluster_enabled", "0")]);
        yield return ("Keyspace", [("db0", $"keys={Text(node.Engine.CountRecords())}")]);
    }

    private static (string Key, string Value)[] Server(StateNode node)
    {
        var uptime = (long)node.Clock.GetElapsedTime(node.StartedAt).TotalSeconds;
        return
        [
            ("redis_version", RedisVersion),
            ("server_name", "holdfast"),
            ("holdfast_version", StateNode.Version),
            ("redis_mode", "standalone"),
            ("os", RuntimeInformation.OSDescription),
            ("arch_bits", "64"),
            ("process_id", Text(Environment.ProcessId)),
            ("run_id", node.Engine.RunId),
            ("tcp_port", Text(node.EndPoint?.Port ?? 0)),
            ("uptime_in_seconds", Text(uptime)),
            ("uptime_in_days", Text(uptime / 86400)),
            ("partitions", Text(node.Engine.Partitions.Count)),
        ];
    }

    private static (string Key, string Value)[] Clients(StateNode node) =>
    [
        ("connected_clients", Text(node.ConnectedClients)),
        ("maxclients", Text(node.Options.MaxClients)),
        ("blocked_clients", "0"),
        ("tracking_clients", Text(node.Sessions.Count(static session => session.Tracked.IsOn))),
        ("pubsub_clients", Text(node.Sessions.Count(static session => session.Subscriptions > 0))),
        ("slow_clients_disconnected", Text(node.Figures.SlowClients)),
    ];

    private static (string Key, string Value)[] Memory(StateNode node)
    {
        var managed = GC.GetTotalMemory(forceFullCollection: false);
        var records = node.Engine.MemoryFigures;
        return
        [
            ("used_memory", Text(managed + records.HeldBytes)),
            ("used_memory_rss", Text(Environment.WorkingSet)),
            ("used_memory_dataset", Text(records.UsedBytes)),
            ("used_memory_records_held", Text(records.HeldBytes)),
            ("used_memory_managed", Text(managed)),
            ("maxmemory", Text(records.MaxBytes)),
            ("maxmemory_policy", "noeviction"),
            ("evictable_kinds", string.Join(',', node.Engine.Options.EvictableKinds)),
            ("gc_collections", Text(GC.CollectionCount(0))),
            ("gc_pause_milliseconds", Text((long)GC.GetTotalPauseDuration().TotalMilliseconds)),
            .. from kind in node.Engine.MemoryByKind()
               orderby kind.Key
               select ($"kind_{kind.Key}", $"records={Text(kind.Value.Records)},bytes={Text(kind.Value.Bytes)}"),
        ];
    }

    private static (string Key, string Value)[] Persistence(StateNode node)
    {
        var log = node.Engine.LogFigures;
        return
        [
            ("loading", "0"),
            ("aof_enabled", "1"),
            ("durability", node.Options.Durability.ToString().ToLowerInvariant()),
            ("log_frames", Text(log.Frames)),
            ("log_waiting_frames", Text(log.WaitingFrames)),
            ("log_waiting_bytes", Text(log.WaitingBytes)),
            ("log_segment_bytes", Text(log.SegmentBytes)),
            ("log_syncs", Text(log.Syncs)),
            ("log_sync_microseconds", Text(log.SyncMicroseconds)),
            ("log_sync_longest_microseconds", Text(log.LongestSyncMicroseconds)),
            ("log_sync_last_microseconds", Text(log.LastSyncMicroseconds)),
        ];
    }

    private static (string Key, string Value)[] Stats(StateNode node) =>
    [
        ("total_connections_received", Text(node.Connections)),
        ("total_commands_processed", Text(node.Figures.Commands)),
        ("total_net_input_bytes", Text(node.Figures.ReceivedBytes)),
        ("total_net_output_bytes", Text(node.Figures.SentBytes)),
        ("rejected_connections", Text(node.Figures.RefusedClients)),
        ("keyspace_hits", Text(node.Figures.Hits)),
        ("keyspace_misses", Text(node.Figures.Misses)),
        ("expired_keys", Text(node.Engine.MemoryFigures.Expiries)),
        ("evicted_keys", Text(node.Engine.MemoryFigures.Evictions)),
        ("pubsub_channels", Text(node.Channels.Count)),
        ("pubsub_patterns", Text(node.Channels.PatternCount)),
    ];

    private static (string Key, string Value)[] Processor()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return
        [
            ("used_cpu_sys", process.PrivilegedProcessorTime.TotalSeconds.ToString("0.000000", CultureInfo.InvariantCulture)),
            ("used_cpu_user", process.UserProcessorTime.TotalSeconds.ToString("0.000000", CultureInfo.InvariantCulture)),
        ];
    }

    private static (string Key, string Value)[] Calls(StateNode node) =>
    [
        .. from command in CommandTable.All
           let calls = node.Figures.CallsOf(command.Place)
           where calls > 0
           select ($"cmdstat_{command.Name}", $"calls={Text(calls)}"),
    ];

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
