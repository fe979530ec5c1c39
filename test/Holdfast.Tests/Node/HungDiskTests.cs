using System.Diagnostics;
using System.Globalization;
using Holdfast.TestServers;

namespace Holdfast.Tests.Node;

/// <summary>The disk does not answer any more, and as much waits for it as may: who wants nothing of it goes on.</summary>
public sealed class HungDiskTests
{
    private const int Writers = 6;
    private const int MostGatheredBytes = 64 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    [Fact]
    public async Task While_the_log_has_no_room_reads_are_answered_and_commits_wait_until_the_disk_is_back_or_their_client_is_cut()
    {
        await using var node = await NodeServer.StartAsync(partitions: 16);
        using var reader = RawClient.OnSocket(node.SocketPath);
        using var waiting = RawClient.OnSocket(node.SocketPath);
        using var cut = RawClient.OnSocket(node.SocketPath);
        Assert.Equal("OK", reader.Ask("SET", "k", "v"));
        Assert.Equal("PONG", waiting.Ask("PING"));
        var cutId = cut.Ask("CLIENT", "ID")!.ToString()!;
        List<RawClient> writers = [.. Enumerable.Range(0, Writers).Select(_ => RawClient.OnSocket(node.SocketPath))];
        byte[] sets = [.. Enumerable.Repeat(RawClient.Bytes("SET", "large", new string('x', 900_000)), 18).SelectMany(static bytes => bytes)];
        await using var disk = await HungDisk.StartAsync(node.Pid);

        // What is under way at the disk is little, so that nearly all that waits has gathered behind it.
        waiting.Send("SET", "first", "v");
        await Until(() => Figure(reader, "log_waiting_frames") > 0);

        var sending = writers.Select(writer => Task.Run(() => writer.Send(sets))).ToArray();
        await Until(() => Figure(reader, "log_waiting_bytes") >= MostGatheredBytes);

        foreach (var client in (RawClient[])[reader, cut])
        {
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal("PONG", client.Ask("PING"));
                Assert.Equal("v", client.Ask("GET", "k"));
            }
        }

        waiting.Send("SET", "late", "v");
        cut.Send([.. RawClient.Bytes("SET", "never", "v"), .. RawClient.Bytes("PING")]);
        var clients = Figure(reader, "connected_clients");
        Assert.Equal(1L, reader.Ask("CLIENT", "KILL", "ID", cutId));
        Assert.True(cut.IsClosed());
        await Until(() => Figure(reader, "connected_clients") < clients);

        await disk.DisposeAsync();
        await Task.WhenAll(sending).WaitAsync(Patience);
        Assert.All(writers, static writer => Assert.All(Enumerable.Range(0, 18), _ => Assert.Equal("OK", writer.Read())));
        Assert.Equal("OK", waiting.Read());
        Assert.Equal("OK", waiting.Read());
        Assert.Equal("v", waiting.Ask("GET", "late"));
        Assert.Null(waiting.Ask("GET", "never"));
        writers.ForEach(static writer => writer.Dispose());
    }

    private static async Task Until(Func<bool> isSo)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Patience, "It took too long.");
            await Task.Delay(20);
        }
    }

    private static long Figure(RawClient client, string name) =>
        long.Parse(
            ((string)client.Ask("INFO")!).Split("\r\n").Single(line => line.StartsWith($"{name}:", StringComparison.Ordinal))[(name.Length + 1)..],
            CultureInfo.InvariantCulture);

    /// <summary>Nothing that the process has synchronised with the disk ends before this is disposed.</summary>
    private sealed class HungDisk(Process tracer) : IAsyncDisposable
    {
        public static async Task<HungDisk> StartAsync(int pid)
        {
            var start = new ProcessStartInfo(
                "strace", ["-f", "-p", $"{pid}", "-o", "/dev/null", "-e", "trace=fdatasync,fsync,pwritev2", "-e", "inject=fdatasync,fsync,pwritev2:delay_enter=600s"])
            {
                RedirectStandardError = true,
            };
            var disk = new HungDisk(Process.Start(start)!);
            while (await disk.ReadLineAsync() is { } line && !line.Contains("attached", StringComparison.Ordinal))
            {
                // Something else that it has to say.
            }

            return disk;
        }

        public async ValueTask DisposeAsync()
        {
            if (!tracer.HasExited)
            {
                tracer.Kill();
                await tracer.WaitForExitAsync();
            }
        }

        private ValueTask<string?> ReadLineAsync() => tracer.StandardError.ReadLineAsync(CancellationToken.None);
    }
}
