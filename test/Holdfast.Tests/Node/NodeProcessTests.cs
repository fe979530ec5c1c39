using System.Diagnostics;
using System.Globalization;
using Holdfast.Redis;
using Holdfast.TestServers;

namespace Holdfast.Tests.Node;

public class NodeProcessTests
{
    [Fact]
    public async Task Redis_cli_pings_asks_and_reads_a_record_that_a_commit_made()
    {
        await using var node = await NodeServer.StartAsync();
        await using var engine = await RedisEngine.OpenAsync(node.ConnectionString, PatientOptions.Default);
        var address = Address.Parse("cart/u42");
        await engine.CommitAsync(new Commit(RecordChange.Update(address).Add("sku:4711", 2)));
        var key = $"hf:{{{engine.Partitions.TagOf(engine.Partitions.PartitionOf(address))}}}:cart/u42";

        Assert.Equal("PONG", await RedisCliAsync(node, "PING"));
        Assert.Contains("server_name:holdfast", await RedisCliAsync(node, "INFO"));
        Assert.Equal("@rev\n1\n@born\n1\nsku:4711\n2", await RedisCliAsync(node, "HGETALL", key));
    }

    [Fact]
    public async Task Acknowledged_commits_survive_kill_9()
    {
        await using var node = await NodeServer.StartAsync();
        var acknowledged = 0L;
        for (var round = 0; round < 3; round++)
        {
            await using var engine = await RedisEngine.OpenAsync(node.ConnectionString, PatientOptions.Default);
            var writers = Enumerable.Range(0, 8).Select(async writer =>
            {
                try
                {
                    while (true)
                    {
                        await engine.CommitAsync(new Commit(RecordChange.Update(new Address("count", $"w{writer}")).Add("n", 1)));
                        Interlocked.Increment(ref acknowledged);
                    }
                }
                catch (StateException)
                {
                    // The node was killed.
                }
            }).ToList();
            var goal = Interlocked.Read(ref acknowledged) + 500;
            var patience = Stopwatch.StartNew();
            while (Interlocked.Read(ref acknowledged) < goal)
            {
                Assert.DoesNotContain(writers, static writer => writer.IsCompleted);
                Assert.True(patience.Elapsed < TimeSpan.FromSeconds(120), $"{goal - Interlocked.Read(ref acknowledged)} of 500 commits were not made.");
                await Task.Delay(1);
            }

            await node.KillAsync();
            await engine.DisposeAsync();
            await Task.WhenAll(writers);
            await node.RestartAsync();
        }

        await using var reader = await RedisEngine.OpenAsync(node.ConnectionString, PatientOptions.Default);
        var found = 0L;
        for (var writer = 0; writer < 8; writer++)
        {
            found += (await reader.ReadAsync(new Address("count", $"w{writer}"))).Record?.Counter("n") ?? 0;
        }

        // A commit that was under way when the node died may have been made: one for each writer and round.
        Assert.InRange(found, acknowledged, acknowledged + (3 * 8));
    }

    [Fact]
    public async Task Told_to_stop_it_ends_with_0_and_removes_its_socket()
    {
        await using var node = await NodeServer.StartAsync();
        using var client = RawClient.OnSocket(node.SocketPath);
        client.Ask("PING");
        var (exitCode, errors) = await node.StopAsync();
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("warning", errors);
        Assert.DoesNotContain("error", errors);
        Assert.True(client.IsClosed());
        Assert.False(File.Exists(node.SocketPath));
        await node.RestartAsync();
    }

    [Fact]
    public async Task Over_its_memory_limit_it_refuses_writes_and_still_removes()
    {
        await using var node = await NodeServer.StartAsync(partitions: 16, arguments: ["--max-memory", "1M", "--durability", "written"]);
        var value = new string('x', 100_000);
        var written = 0;
        string reply;
        while ((reply = await RedisCliAsync(node, "SET", $"k{written}", value)) == "OK")
        {
            written++;
        }

        Assert.StartsWith("HFFULL Records take", reply);
        Assert.InRange(written, 8, 10);
        Assert.Equal("1", await RedisCliAsync(node, "DEL", "k0"));
        Assert.Equal("OK", await RedisCliAsync(node, "SET", "k0", value));
    }

    [Fact]
    public async Task Keys_that_may_be_evicted_make_room_for_others()
    {
        await using var node = await NodeServer.StartAsync(partitions: 16, arguments: ["--max-memory", "1M", "--evict", "key", "--durability", "written"]);
        var value = new string('x', 100_000);
        string[] keys = [.. Enumerable.Range(0, 40).Select(static number => $"k{number}")];
        foreach (var key in keys)
        {
            Assert.Equal("OK", await RedisCliAsync(node, "SET", key, value));
        }

        // Which of those that were set within an eighth of a second go first is open.
        Assert.InRange(int.Parse(await RedisCliAsync(node, ["EXISTS", .. keys]), CultureInfo.InvariantCulture), 5, 10);
    }

    [Fact]
    public async Task What_keeps_it_from_starting_is_one_line_with_the_remedy()
    {
        await using var node = await NodeServer.StartAsync(partitions: 16);
        string[] data = ["node", "--data", node.DataFolder];
        var other = node.SocketPath + "2";
        Assert.StartsWith("holdfast: ", await FailAsync(1, [.. data, "--socket", other, "--partitions", "16"]));
        Assert.Contains($"Port {node.Port} is taken", await FailAsync(1, ["node", "--data", node.DataFolder + "2", "--port", $"{node.Port}"]));
        await node.KillAsync();
        Assert.Contains("16", await FailAsync(1, [.. data, "--socket", other, "--partitions", "32"]));
        Assert.Contains("no password", await FailAsync(1, [.. data, "--socket", other, "--partitions", "16", "--password-file", "/dev/null"]));
        Assert.Contains("--socket or --port", await FailAsync(64, data));
        Assert.Contains("--data", await FailAsync(64, ["node", "--socket", other]));
        Assert.Contains("power of two", await FailAsync(64, [.. data, "--socket", other, "--partitions", "12"]));
        Assert.Contains("--port", await FailAsync(64, [.. data, "--port", "65536"]));
        Assert.Contains("as 512M, at least 1M, not '5X'", await FailAsync(64, [.. data, "--socket", other, "--max-memory", "5X"]));
        Assert.Contains("'No' is none", await FailAsync(64, [.. data, "--socket", other, "--evict", "key,No"]));
        await node.RestartAsync();
    }

    private static async Task<string> FailAsync(int exitCode, string[] arguments)
    {
        using var process = Process.Start(NodeServer.Tool(arguments))!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(exitCode == process.ExitCode, $"{process.ExitCode}: {errors}");
        return exitCode == 1 ? errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1] : errors;
    }

    private static async Task<string> RedisCliAsync(NodeServer node, params string[] command)
    {
        var start = new ProcessStartInfo("redis-cli", ["-s", node.SocketPath, .. command]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output.Trim();
    }
}
