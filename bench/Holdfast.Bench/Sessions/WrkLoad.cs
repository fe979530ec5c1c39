using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Bench;

/// <summary>
/// Requests of one path by wrk's clients, each on a connection of its own and with a session of its own. They are the same
/// clients whatever they request, and look for a cookie in each response, so that a ratio compares servers.
/// </summary>
/// <param name="Name">What it is called in the lines that are printed.</param>
/// <param name="Url">What is requested.</param>
/// <param name="Cookies">A file with the cookies, a client's in each line.</param>
internal sealed partial record WrkLoad(string Name, string Url, string Cookies) : Measured(Name)
{
    /// <summary>How many clients there are.</summary>
    public const int Clients = 32;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">wrk failed, or a request did.</exception>
    public override async Task<(double Rate, double? Bytes)> MeasureAsync(TimeSpan slice)
    {
        // What counts connections counts threads too: wrk tells a script no other way whose request it makes.
        var start = new ProcessStartInfo("wrk")
        {
            RedirectStandardOutput = true,
            ArgumentList =
            {
                $"-t{Clients}", $"-c{Clients}", $"-d{slice.TotalSeconds:0}s", "-s", Path.Combine(AppContext.BaseDirectory, "clients.lua"),
                Url, "--", Cookies,
            },
        };
        using var wrk = Process.Start(start)!;
        var output = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        var rate = Rate().Match(output);
        return wrk.ExitCode == 0 && rate.Success && !output.Contains("Non-2xx", StringComparison.Ordinal) && !output.Contains("Socket errors", StringComparison.Ordinal)
            ? (double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture), null)
            : throw new InvalidOperationException($"wrk at {Url} ended with {wrk.ExitCode}:\n{output}");
    }

    [GeneratedRegex(@"Requests/sec:\s+([0-9.]+)")]
    private static partial Regex Rate();
}
