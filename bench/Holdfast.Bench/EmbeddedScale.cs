using System.Diagnostics;
using System.Globalization;
using Holdfast.TestServers;

namespace Holdfast.Bench;

/// <summary>
/// Half a million small records, as hashes of three fields with an expiry: what they take in the embedded engine and in redis-server, what a collection
/// costs with them, and how fast they are recovered by one core's time.
/// </summary>
internal static class EmbeddedScale
{
    private const int Records = 500_000;
    private const int AtOnce = 1000;
    private const int Fields = 3;

    private static readonly byte[] Value = "0123456789"u8.ToArray();

    public static async Task RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-bench-").FullName;
        try
        {
            var embedded = await FillEmbeddedAsync(folder);
            var redis = await FillRedisAsync();
            Print($"  embedded {embedded / Records} bytes a record, redis-server {redis / Records}");
            Print($"RATIO embedded-memory:redis-memory {(double)embedded / redis:0.00}");
            await RecoverAsync(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<long> FillEmbeddedAsync(string folder)
    {
        var before = ResidentBytes(Environment.ProcessId);
        await using var engine = await EmbeddedEngine.OpenAsync(folder, new StateEngineOptions());
        for (var first = 0; first < Records; first += AtOnce)
        {
            await Task.WhenAll(Enumerable.Range(first, AtOnce).Select(number => FillAsync(engine, number)));
        }

        GC.Collect();
        var pause = GC.GetTotalPauseDuration();
        GC.Collect();
        Print($"  a full collection with {Records} records pauses for {(GC.GetTotalPauseDuration() - pause).TotalMilliseconds:0.0} ms");
        return ResidentBytes(Environment.ProcessId) - before;
    }

    private static async Task FillAsync(StateEngine engine, int number)
    {
        var change = RecordChange.Update(new Address("session", $"bench-{number}")).ExpireAfter(TimeSpan.FromHours(1));
        for (var field = 0; field < Fields; field++)
        {
            change.Set($"field-{field}", Value);
        }

        await engine.CommitAsync(new Commit(change) { Durability = Durability.Written });
    }

    private static async Task<long> FillRedisAsync()
    {
        await using var server = await RedisServer.StartAsync();
        var before = ResidentBytes(server.Pid);
        var start = new ProcessStartInfo("redis-cli", ["-s", server.SocketPath, "--pipe"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var client = Process.Start(start)!;
        for (var number = 0; number < Records; number++)
        {
            await client.StandardInput.WriteAsync(
                $"HSET session/bench-{number} field-0 0123456789 field-1 0123456789 field-2 0123456789\r\nEXPIRE session/bench-{number} 3600\r\n");
        }

        client.StandardInput.Close();
        await client.WaitForExitAsync();
        return client.ExitCode == 0
            ? ResidentBytes(server.Pid) - before
            : throw new InvalidOperationException($"redis-cli ended with {client.ExitCode}.");
    }

    private static async Task RecoverAsync(string folder)
    {
        var bytes = new DirectoryInfo(folder).EnumerateFiles().Sum(static file => file.Length);
        for (var round = 0; round < 3; round++)
        {
            var begun = Environment.CpuUsage.TotalTime;
            await using var engine = await EmbeddedEngine.OpenAsync(folder, new StateEngineOptions());
            Print($"  recovery of {bytes >> 20} MiB: {bytes / 1e6 / (Environment.CpuUsage.TotalTime - begun).TotalSeconds:0} MB for each second of one core");
        }
    }

    private static long ResidentBytes(int process)
    {
        using var asked = Process.GetProcessById(process);
        return asked.WorkingSet64;
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
