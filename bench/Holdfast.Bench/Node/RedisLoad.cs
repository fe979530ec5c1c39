using System.Diagnostics;
using System.Globalization;
using Holdfast.TestServers;

namespace Holdfast.Bench;

/// <summary>One command again and again, by redis-benchmark's clients, each of which sends so many at once and waits for their replies.</summary>
/// <param name="Name">What it is called in the lines that are printed.</param>
/// <param name="Port">The server's, on this machine.</param>
/// <param name="Pid">The server's process id.</param>
/// <param name="Pipeline">How many commands a client sends at once.</param>
/// <param name="Command">The command; <c>__rand_int__</c> in it becomes a number, another each time.</param>
internal sealed record RedisLoad(string Name, int Port, int Pid, int Pipeline, string[] Command) : Measured(Name)
{
    /// <summary>The core on which the clients run; servers have another.</summary>
    public const int Core = 1;

    /// <summary>How many different numbers there are.</summary>
    public const int Keys = 10_000;

    /// <summary>Enough for the first turn, which tells how many the next ones take.</summary>
    private const int FirstBatches = 5000;

    private double rate;

    public int Clients { get; init; } = 50;

    public string? Password { get; init; }

    /// <summary>The 99th percentile of the time to a reply, in milliseconds, of each turn.</summary>
    public List<double> Slowest { get; } = [];

    /// <summary>The processor time that the server took for one command, in microseconds, of each turn.</summary>
    public List<double> Processor { get; } = [];

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">redis-benchmark failed, or a command did.</exception>
    public override async Task<(double Rate, double? Bytes)> MeasureAsync(TimeSpan slice)
    {
        var count = rate == 0 ? FirstBatches * Pipeline : Math.Max((int)(rate * slice.TotalSeconds), Clients * Pipeline);
        var start = OneCore.Pin(
            new ProcessStartInfo("redis-benchmark",
            [
                "-p", Text(Port), "-c", Text(Clients), "-P", Text(Pipeline), "-n", Text(count), "-r", Text(Keys), "--csv",
                .. Password is null ? [] : (string[])["-a", Password], .. Command,
            ])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
            Core);
        using var server = Process.GetProcessById(Pid);
        var before = server.TotalProcessorTime;
        using var benchmark = Process.Start(start)!;
        var errors = benchmark.StandardError.ReadToEndAsync();
        var output = await benchmark.StandardOutput.ReadToEndAsync();
        await benchmark.WaitForExitAsync();

        // "the command","rate","average","minimum","p50","p95","p99","maximum"
        var figures = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].Trim('"').Split("\",\"");
        if (benchmark.ExitCode != 0 || output.Contains("Error from server", StringComparison.Ordinal) || figures.Length < 8)
        {
            throw new InvalidOperationException($"redis-benchmark of {Name} ended with {benchmark.ExitCode}:\n{output}{await errors}");
        }

        server.Refresh();
        Processor.Add((server.TotalProcessorTime - before).TotalMicroseconds / count);
        rate = double.Parse(figures[^7], CultureInfo.InvariantCulture);
        Slowest.Add(double.Parse(figures[^2], CultureInfo.InvariantCulture));
        return (rate, null);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
