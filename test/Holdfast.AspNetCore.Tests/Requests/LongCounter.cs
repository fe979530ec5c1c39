using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Requests;

/// <summary>Adds up what one host's counter counts.</summary>
internal sealed class LongCounter : IDisposable
{
    private readonly MeterListener listener = new();
    private long value;

    public LongCounter(WebHost host, string name)
    {
        var meters = host.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == name && ReferenceEquals(instrument.Meter.Scope, meters))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, measurement, _, _) => Interlocked.Add(ref value, measurement));
        listener.Start();
    }

    public long Value => Volatile.Read(ref value);

    public void Dispose() => listener.Dispose();
}
