namespace Holdfast.Tests.Conformance;

/// <summary>
/// The simplest store that keeps the contract: everything in memory under one lock. It is what the kit is tested on,
/// right and with one fault at a time.
/// </summary>
internal sealed class ModelStore
{
    private static readonly TimeSpan PulsePeriod = TimeSpan.FromSeconds(1);

    private readonly List<(ModelEngine Engine, int Partition, Address? Address, Watch Watch)> watches = [];
    private readonly List<(string Channel, SignalSubscription Listener)> listeners = [];
    private readonly Dictionary<string, byte[]> lastSignals = [];
    private readonly HashSet<Watch> ended = [];
    private readonly ModelPartition[] partitions;
    private readonly List<ITimer> timers = [];
    private int signals;

    public ModelStore(int partitionCount, ModelFault fault)
    {
        Fault = fault;
        partitions = [.. Enumerable.Range(0, partitionCount).Select(number => new ModelPartition(this, number))];
    }

    public Lock Gate { get; } = new();

    public ModelFault Fault { get; }

    public TimeProvider Clock { get; } = TimeProvider.System;

    public int PartitionCount => partitions.Length;

    public int Restarts { get; private set; }

    public Dictionary<string, ModelRequest> SharedRequests { get; } = [];

    public long SharedRevision { get; set; }

    public ModelPartition this[int partition] => partitions[partition];

    public bool Has(ModelFault fault) => Fault == fault;

    public ModelPartition JournalOf(int partition) => partitions[Has(ModelFault.OneJournalForAllPartitions) ? 0 : partition];

    public void Restart()
    {
        lock (Gate)
        {
            Restarts++;
            foreach (var partition in partitions)
            {
                partition.Restart();
            }
        }
    }

    public Watch Watch(ModelEngine engine, int partition, Address? address)
    {
        lock (Gate)
        {
            if (Has(ModelFault.OneWatchPerRecord))
            {
                watches.RemoveAll(item => item.Partition == partition && item.Address == address);
            }

            var watch = new Watch(stopped =>
            {
                lock (Gate)
                {
                    watches.RemoveAll(item => item.Watch == stopped);
                }

                return ValueTask.CompletedTask;
            });
            watches.Add((engine, partition, address, watch));
            return watch;
        }
    }

    /// <summary>Tells a change of a record, or of the head, to whoever watches it.</summary>
    public void Pulse(int partition, Address? address, ModelEngine? by)
    {
        foreach (var item in watches.Where(item => item.Partition == partition && item.Address == address))
        {
            var isMissed = (Has(ModelFault.WatchesMissOwnCommits) && item.Engine == by) || (Has(ModelFault.WatchesEndOnce) && !ended.Add(item.Watch));
            if (!isMissed)
            {
                item.Watch.Pulse();
            }
        }
    }

    /// <summary>Tells the record's expiry to its watches when it has come; far ones are never waited for in a test.</summary>
    public void PulseAtExpiry(int partition, Address address, TimeSpan left)
    {
        if (left < TimeSpan.FromMinutes(1) && !Has(ModelFault.WatchesMissExpiries))
        {
            timers.Add(Clock.CreateTimer(_ => ReapAt(partition, address), null, left + TimeSpan.FromMilliseconds(5), PulsePeriod));
        }
    }

    public async ValueTask EndWatchesOfAsync(ModelEngine engine)
    {
        Watch[] own;
        lock (Gate)
        {
            own = Has(ModelFault.DisposalLeavesWaits) ? [] : [.. watches.Where(item => item.Engine == engine).Select(static item => item.Watch)];
        }

        foreach (var watch in own)
        {
            await watch.DisposeAsync();
        }
    }

    public SignalSubscription Listen(string channel)
    {
        var listener = new SignalSubscription(channel, stopped =>
        {
            lock (Gate)
            {
                listeners.RemoveAll(item => item.Listener == stopped || (Has(ModelFault.EndedListenersSilenceOthers) && item.Channel == channel));
            }

            return ValueTask.CompletedTask;
        });
        lock (Gate)
        {
            if (Has(ModelFault.SignalsAreRemembered) && lastSignals.TryGetValue(channel, out var last))
            {
                listener.Deliver(last);
            }

            listeners.Add((channel, listener));
            return listener;
        }
    }

    public void Signal(string channel, byte[] payload)
    {
        lock (Gate)
        {
            lastSignals[channel] = payload;
            if ((Has(ModelFault.EveryOtherSignalIsLost) && signals++ % 2 == 1)
                || (Has(ModelFault.OddChannelsAreDeaf) && channel.Any(static c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))))
            {
                return;
            }

            foreach (var (_, listener) in listeners.Where(item => item.Channel == channel || Has(ModelFault.SignalsReachEveryChannel)))
            {
                listener.Deliver(payload);
            }
        }
    }

    // A timer may come before its time by the tick of its clock, which is coarser than the one that expiries are measured by: so it comes again.
    private void ReapAt(int partition, Address address)
    {
        lock (Gate)
        {
            Pulse(partition, address, null);
        }
    }
}
