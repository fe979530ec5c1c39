using System.Collections.Concurrent;

namespace Holdfast.Gateway.Telemetry;

/// <summary>
/// Has said once, and not with each of thousands of requests, that a service's requests fail: the first warning of its kind is a line at once, those
/// that follow are counted, and each <see cref="GatewayLimits.WarningInterval"/> one line tells how many they were. When none was counted, the next
/// one is news again.
/// </summary>
internal sealed class EqualWarnings : IDisposable
{
    private readonly ConcurrentDictionary<(string Service, string What), long> counts = new();
    private readonly ILogger logger;
    private readonly ITimer timer;

    public EqualWarnings(TimeProvider clock, ILogger<EqualWarnings> logger)
    {
        this.logger = logger;
        timer = clock.CreateTimer(static warnings => ((EqualWarnings)warnings!).Tell(), this, GatewayLimits.WarningInterval, GatewayLimits.WarningInterval);
    }

    /// <summary>Whether the warning is to be written; otherwise it is counted.</summary>
    /// <param name="service">The service.</param>
    /// <param name="what">What happens, in the words of the line that tells how often.</param>
    public bool IsNews(string service, string what) => counts.AddOrUpdate((service, what), 0, static (_, count) => count + 1) == 0;

    /// <summary>Tells what is not told yet.</summary>
    public void Dispose()
    {
        timer.Dispose();
        Tell();
    }

    private void Tell()
    {
        foreach (var (warning, count) in counts)
        {
            if (count == 0)
            {
                counts.TryRemove(KeyValuePair.Create(warning, count));
            }
            else
            {
                counts.AddOrUpdate(warning, static (_, _) => 0, static (_, now, told) => now - told, count);
                Log.More(logger, warning.Service, count, GatewayLimits.WarningInterval.TotalSeconds, warning.What);
            }
        }
    }
}
