using System.Diagnostics.Metrics;

namespace Holdfast.Embedded;

/// <summary>What the embedded engine tells of its memory on the meter <see cref="StateMeter.Name"/>; docs/engines.md lists it.</summary>
internal sealed class StoreMeter : IDisposable
{
    private readonly Meter meter = new(StateMeter.Name);

    public StoreMeter(EmbeddedEngine engine)
    {
        meter.CreateObservableUpDownCounter(
            "holdfast.memory.records", ByKind, "By", "Memory of records, by kind.");
        meter.CreateObservableUpDownCounter("holdfast.memory.held", () => engine.MemoryFigures.HeldBytes, "By", "Memory of the pages that hold records.");
        meter.CreateObservableUpDownCounter("holdfast.memory.limit", () => engine.MemoryFigures.MaxBytes, "By", "What records may take.");
        meter.CreateObservableCounter("holdfast.evictions", () => engine.MemoryFigures.Evictions, "{record}", "Records that were removed to make room.");
        meter.CreateObservableCounter("holdfast.expiries", () => engine.MemoryFigures.Expiries, "{record}", "Records that were removed because their time was over.");

        IEnumerable<Measurement<long>> ByKind() =>
            engine.MemoryByKind().Select(pair => new Measurement<long>(pair.Value.Bytes, new KeyValuePair<string, object?>("kind", pair.Key)));
    }

    public void Dispose() => meter.Dispose();
}
