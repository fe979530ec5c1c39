using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Requests;

/// <summary>Adds up what one host's counter counts.</summary>
internal sealed class LongCounter : IDisposable
{
    private readonly MeterListener listener = new();
    private long value;

    /// <param name="host">The application.</param>
    /// <param name="name">The counter.</param>
    /// <param name="tag">Counts only what has a tag of this value.</param>
    public LongCounter(WebHost host, string name, string? tag = null)
    {
        var meters = host.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == name && ReferenceEquals(instrument.Meter.Scope, meters))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, measurement, tags, _) =>
        {
            if (tag is null || tags.ToArray().Any(item => tag.Equals(item.Value)))
            {
                Interlocked.Add(ref value, measurement);
            }
        });
        listener.Start();
    }

    public long Value => Volatile.Read(ref value);

    public void Dispose() => listener.Dispose();
}
