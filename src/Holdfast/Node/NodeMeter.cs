using System.Diagnostics.Metrics;

namespace Holdfast.Node;

/// <summary>What INFO tells of a node, on the meter <see cref="StateMeter.Name"/> of the process that hosts it; docs/node.md lists it.</summary>
internal sealed class NodeMeter : IDisposable
{
    private readonly Meter meter = new(StateMeter.Name);

    public NodeMeter(StateNode node)
    {
        var figures = node.Figures;
        var engine = node.Engine;
        meter.CreateObservableUpDownCounter("holdfast.node.clients", () => node.ConnectedClients, "{client}", "Clients that are connected.");
        meter.CreateObservableCounter("holdfast.node.clients.refused", () => figures.RefusedClients, "{client}", "Clients that were one too many.");
        meter.CreateObservableCounter("holdfast.node.clients.slow", () => figures.SlowClients, "{client}", "Clients that were disconnected because they did not take their replies.");
        meter.CreateObservableCounter("holdfast.node.commands", Calls, "{command}", "Commands that were obeyed, by command.");
        meter.CreateObservableCounter("holdfast.node.received", () => figures.ReceivedBytes, "By", "Bytes from clients.");
        meter.CreateObservableCounter("holdfast.node.sent", () => figures.SentBytes, "By", "Bytes to clients.");
        meter.CreateObservableCounter("holdfast.node.lookups", LookUps, "{key}", "Keys that commands have read, and whether they were there.");
        meter.CreateObservableUpDownCounter("holdfast.records", engine.CountRecords, "{record}", "Records in the store.");
        meter.CreateObservableCounter("holdfast.log.frames", () => engine.LogFigures.Frames, "{frame}", "Commits that the log has taken.");
        meter.CreateObservableCounter("holdfast.log.syncs", () => engine.LogFigures.Syncs, "{sync}", "How often the log was synchronised to the disk.");
        meter.CreateObservableCounter("holdfast.log.sync_time", () => engine.LogFigures.SyncMicroseconds, "us", "What synchronising took.");
        meter.CreateObservableGauge("holdfast.log.waiting", () => engine.LogFigures.WaitingFrames, "{frame}", "Commits that are not written yet.");

        IEnumerable<Measurement<long>> Calls() =>
            from command in CommandTable.All
            let count = figures.CallsOf(command.Place)
            where count > 0
            select new Measurement<long>(count, new KeyValuePair<string, object?>("command", command.Name));

        IEnumerable<Measurement<long>> LookUps() =>
        [
            new(figures.Hits, new KeyValuePair<string, object?>("found", true)),
            new(figures.Misses, new KeyValuePair<string, object?>("found", false)),
        ];
    }

    public void Dispose() => meter.Dispose();
}
