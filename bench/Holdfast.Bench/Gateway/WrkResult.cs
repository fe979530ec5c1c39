using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Bench;

/// <summary>What wrk's clients, on connections that they keep, saw of a proxy, and what it spent on it.</summary>
/// <param name="Rate">Requests a second.</param>
/// <param name="P50Micros">Half of the answers came within this time.</param>
/// <param name="P99Micros">All but one of a hundred.</param>
/// <param name="CpuMicros">The proxy's processor time for one request.</param>
internal sealed partial record WrkResult(double Rate, double P50Micros, double P99Micros, double CpuMicros)
{
    /// <exception cref="InvalidOperationException">wrk failed, or a request did.</exception>
    public static async Task<WrkResult> MeasureAsync(Proxy proxy, string path, int clients, TimeSpan slice)
    {
        var start = new ProcessStartInfo("wrk", [$"-t{Math.Min(clients, 2)}", $"-c{clients}", $"-d{slice.TotalSeconds:0}s", "--latency", new Uri(proxy.Url, path).ToString()])
        {
            RedirectStandardOutput = true,
        };
        var before = proxy.Processor();
        using var wrk = Process.Start(start)!;
        var output = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        var spent = proxy.Processor() - before;
        var rate = RateLine().Match(output);
        if (wrk.ExitCode != 0 || !rate.Success || output.Contains("Non-2xx", StringComparison.Ordinal) || output.Contains("Socket errors", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"wrk at {proxy.Name} ended with {wrk.ExitCode}:\n{output}");
        }

        var requests = double.Parse(RequestsLine().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        return new WrkResult(
            double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture), Micros(output, "50%"), Micros(output, "99%"), spent.TotalMicroseconds / requests);
    }

    private static double Micros(string output, string percentile)
    {
        var match = Regex.Match(output, Regex.Escape(percentile) + @"\s+([0-9.]+)(us|ms|s)");
        var number = double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        return match.Groups[2].Value switch { "us" => number, "ms" => number * 1e3, _ => number * 1e6 };
    }

    [GeneratedRegex(@"Requests/sec:\s+([0-9.]+)")]
    private static partial Regex RateLine();

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex RequestsLine();
}
