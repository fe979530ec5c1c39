using System.Diagnostics;
using System.Globalization;
using Holdfast.TestServers;

namespace Holdfast.Bench;

/// <summary>redis-benchmark, which reads one small value again and again: the rate that a C client gets of the same server.</summary>
/// <param name="Name">What it is called in the lines that are printed.</param>
/// <param name="Server">The server.</param>
/// <param name="Clients">How many connections it has.</param>
/// <param name="Pipeline">How many calls it sends on each before it waits for answers.</param>
internal sealed record RedisBenchmark(string Name, RedisServer Server, int Clients, int Pipeline) : Measured(Name)
{
    private double lastRate = 20_000;

    /// <inheritdoc/>
    public override async Task<(double Rate, double? Bytes)> MeasureAsync(TimeSpan slice)
    {
        // It counts calls and not time: as many as the last rate says.
        var count = (int)Math.Max(1000, lastRate * slice.TotalSeconds);
        using var process = Process.Start(new ProcessStartInfo(
            "redis-benchmark", ["-s", Server.SocketPath, "-c", $"{Clients}", "-P", $"{Pipeline}", "-n", $"{count}", "--csv", "GET", EnginesBench.Key]) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var line = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        lastRate = double.Parse(line.Split(',')[1].Trim('"'), CultureInfo.InvariantCulture);
        return (lastRate, null);
    }
}
