using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Requests;

/// <summary>What one host's histogram was given.</summary>
internal sealed class Measured<T> : IDisposable
    where T : struct
{
    private readonly MeterListener listener = new();
    private readonly ConcurrentQueue<T> values = new();

    public Measured(WebHost host, string name)
    {
        var meters = host.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == name && ReferenceEquals(instrument.Meter.Scope, meters))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<T>((_, measurement, _, _) => values.Enqueue(measurement));
        listener.Start();
    }

    public IReadOnlyList<T> Values => [.. values];

    public void Dispose() => listener.Dispose();
}
