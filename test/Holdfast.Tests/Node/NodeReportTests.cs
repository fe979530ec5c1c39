using System.Diagnostics.Metrics;
using System.Globalization;

using Holdfast.TestServers;

namespace Holdfast.Tests.Node;

/// <summary>What a node tells of itself: INFO, the meter and COMMAND.</summary>
public sealed class NodeReportTests(NodeHost host) : IClassFixture<NodeHost>
{
    [Fact]
    public void Info_counts_what_was_done()
    {
        using var client = host.Connect();
        var before = Info(client, "everything");
        client.Ask("SET", "counted", "v");
        client.Ask("GET", "counted");
        client.Ask("GET", "not there");
        using (var listener = host.Connect())
        {
            listener.Ask("SUBSCRIBE", "news");
            Assert.Equal(1, Info(client, "stats")["pubsub_channels"]);
        }

        var after = Info(client, "everything");
        Assert.Equal(1, after["keyspace_hits"] - before["keyspace_hits"]);
        Assert.Equal(1, after["keyspace_misses"] - before["keyspace_misses"]);
        Assert.Equal(1, after["log_frames"] - before["log_frames"]);
        Assert.Equal(1, after["log_syncs"] - before["log_syncs"]);
        Assert.InRange(after["log_sync_microseconds"], before["log_sync_microseconds"] + 1, long.MaxValue);
        Assert.InRange(after["log_sync_longest_microseconds"], 1, after["log_sync_microseconds"]);
        Assert.InRange(after["used_memory_dataset"], 1, after["maxmemory"]);
        Assert.Equal(2, after["cmdstat_get"] - before.GetValueOrDefault("cmdstat_get"));
        Assert.InRange(after["total_commands_processed"] - before["total_commands_processed"], 6, 8);
        Assert.InRange(after["total_net_input_bytes"] - before["total_net_input_bytes"], 100, 1000);
        Assert.InRange(after["total_net_output_bytes"] - before["total_net_output_bytes"], 500, 20_000);
        Assert.InRange(after["connected_clients"], 1, 10);
        Assert.InRange(after["used_memory_rss"], 1 << 20, long.MaxValue);
        Assert.InRange(after["total_connections_received"], 2, 100);

        // The log takes note of what it has written a little later than whoever waited for it is answered.
        var began = TimeProvider.System.GetTimestamp();
        while (Info(client, "everything")["log_waiting_frames"] > 0)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(60), "The log has nothing to write, and tells of frames that wait.");
        }
    }

    [Fact]
    public void Info_tells_the_sections_that_are_asked_for()
    {
        using var client = host.Connect();
        Assert.DoesNotContain("cmdstat_", (string)client.Ask("INFO")!);
        Assert.Contains("# Keyspace\r\ndb0:keys=", (string)client.Ask("INFO")!);
        Assert.StartsWith("# Clients\r\n", (string)client.Ask("INFO", "clients")!);
        Assert.DoesNotContain("# Server", (string)client.Ask("INFO", "CLIENTS", "memory")!);
        Assert.Contains("cmdstat_info:calls=", (string)client.Ask("INFO", "commandstats")!);
        Assert.Equal("", client.Ask("INFO", "nothing"));
    }

    [Fact]
    public void The_meter_tells_the_same()
    {
        var seen = new Dictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Holdfast" && instrument.Name.StartsWith("holdfast.node.", StringComparison.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => seen[instrument.Name] = seen.GetValueOrDefault(instrument.Name) + value);
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => seen[instrument.Name] = seen.GetValueOrDefault(instrument.Name) + value);
        using var client = host.Connect();
        client.Ask("GET", "metered");
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.InRange(seen["holdfast.node.clients"], 1, 1000);
        Assert.InRange(seen["holdfast.node.commands"], 1, long.MaxValue);
        Assert.InRange(seen["holdfast.node.lookups"], 1, long.MaxValue);
    }

    [Fact]
    public async Task Commands_are_told_with_the_arity_and_keys_that_redis_tells()
    {
        await using var redis = await RedisServer.StartAsync();
        using var theirs = RawClient.OnSocket(redis.SocketPath);
        using var ours = host.Connect();
        var names = ((List<object?>)ours.Ask("COMMAND", "LIST")!).Cast<string>().ToArray();
        Assert.InRange(names.Length, 60, 200);
        Assert.Equal((long)names.Length, ours.Ask("COMMAND", "COUNT"));
        Assert.Equal(names.Length, ((List<object?>)ours.Ask("COMMAND")!).Count);
        foreach (var name in names)
        {
            var (own, other) = (InfoOf(ours, name), InfoOf(theirs, name));
            Assert.Equal(other[1..2], own[1..2]);
            Assert.Equal(other[3..6], own[3..6]);
            foreach (var flag in (string[])["write", "readonly", "movablekeys"])
            {
                Assert.True(((List<object?>)other[2]!).Contains(flag) == ((List<object?>)own[2]!).Contains(flag) || !IsAboutKeys(name), $"{name} {flag}");
            }
        }

        foreach (var command in (string[][])[["MSET", "a", "1", "b", "2"], ["GET", "k"], ["DEL", "a", "b"], ["FCALL", "f", "2", "a", "b", "c"], ["PING"], ["PING", "x"], ["GET"], ["GET", "a", "b"], ["nonsense", "x"], ["HSET", "h", "f", "v"]])
        {
            Assert.Equal(theirs.Ask(["COMMAND", "GETKEYS", .. command]), ours.Ask(["COMMAND", "GETKEYS", .. command]));
        }

        Assert.Equal(theirs.Ask("COMMAND", "INFO", "nonsense"), ours.Ask("COMMAND", "INFO", "nonsense"));
        Assert.Equal(["hget", "hgetall"], (List<object?>)ours.Ask("COMMAND", "LIST", "FILTERBY", "PATTERN", "hget*")!);
        Assert.Equal("-ERR syntax error", ours.Ask("COMMAND", "LIST", "FILTERBY", "MODULE", "x"));
    }

    private static bool IsAboutKeys(string name) => name is not ("scan" or "dbsize" or "publish");

    private static object?[] InfoOf(RawClient client, string name) =>
        [.. (List<object?>)((List<object?>)client.Ask("COMMAND", "INFO", name)!)[0]!];

    private static Dictionary<string, long> Info(RawClient client, string section)
    {
        var figures = new Dictionary<string, long>();
        foreach (var line in ((string)client.Ask("INFO", section)!).Split("\r\n"))
        {
            var (name, value) = line.Split(':', 2) is [var one, var other] ? (one, other) : (line, "");
            if (long.TryParse(value.Replace("calls=", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                figures[name] = number;
            }
        }

        return figures;
    }
}
