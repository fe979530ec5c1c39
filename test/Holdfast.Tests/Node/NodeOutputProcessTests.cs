using System.Globalization;
using System.Text;
using Holdfast.TestServers;

namespace Holdfast.Tests.Node;

/// <summary>What one client is sent, or does not take, is no danger to the process.</summary>
public sealed class NodeOutputProcessTests
{
    private const int ValueBytes = 1_000_000;
    private const int Reads = 5000;

    /// <summary>How long a client that takes nothing is waited for, ten times.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Thousands_of_large_reads_in_one_pipeline_that_nobody_takes_end_one_client_and_cost_bounded_memory(bool behindCommit)
    {
        await using var node = await NodeServer.StartAsync(partitions: 16);
        using var attacker = RawClient.OnSocket(node.SocketPath);
        using var other = RawClient.OnSocket(node.SocketPath);
        var set = RawClient.Bytes("SET", "k", new string('x', ValueBytes));
        attacker.Send(set);
        Assert.Equal("OK", attacker.Read());
        var before = PeakBytes(node);
        attacker.Send([.. behindCommit ? set : [], .. Pipeline("GET", "k", Reads)]);
        var begun = TimeProvider.System.GetTimestamp();
        while (Figure(other, "connected_clients") > 1)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Patience, "The client was not disconnected.");
            await Task.Delay(20);
        }

        Assert.Equal(1, Figure(other, "slow_clients_disconnected"));
        Assert.InRange(PeakBytes(node) - before, 0, 600L << 20);
        Assert.InRange(Figure(other, "keyspace_hits"), 1, 130);
    }

    private static byte[] Pipeline(string command, string key, int times) =>
        Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(Encoding.ASCII.GetString(RawClient.Bytes(command, key)), times)));

    private static long Figure(RawClient client, string name) =>
        long.Parse(
            ((string)client.Ask("INFO")!).Split("\r\n").Single(line => line.StartsWith($"{name}:", StringComparison.Ordinal))[(name.Length + 1)..],
            CultureInfo.InvariantCulture);

    /// <summary>The most memory that the process has had so far.</summary>
    private static long PeakBytes(NodeServer node) =>
        long.Parse(
            File.ReadLines($"/proc/{node.Pid}/status").Single(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2],
            CultureInfo.InvariantCulture) << 10;
}
