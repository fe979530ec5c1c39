using Holdfast.NearCaching;

namespace Holdfast.Redis;

/// <summary>What this process knows of the store's state, as replies tell it: the near cache, and the watches' keys.</summary>
internal sealed class StoreView(StateEngineOptions options, PartitionMap partitions, string client)
{
    public TimeProvider Clock { get; } = options.Clock;

    public StoreKeys Keys { get; } = new(partitions);

    public NearCache Cache { get; } = new(options);

    public WatchTable Watches { get; } = new();

    /// <summary>Under which the store remembers this client's commits in each partition.</summary>
    public string ClientKey { get; } = StoreKeys.Client(client);

    /// <summary>What this process was shown of each partition's history.</summary>
    public SeenHistory History { get; } = new(partitions.Count, options);

    /// <summary>Takes note of a record, or of its absence, that a reply told.</summary>
    public void Told(StoreCall call, Stamp at, Address address, Record? record)
    {
        Cache.Put(call.Feed, at, address, record, call.SentAt);
        Watches.Saw(call.Partition, address, record is not null);
    }

    /// <summary>Takes note that the near cache held what the store contradicts: it goes, and is told.</summary>
    public void Contradicted(int partition, Address address)
    {
        Cache.Drop(address);
        StateMeter.StaleReads.Add(1);
        options.Log(new EngineEvent(
            EngineEventLevel.Error, "StaleRead", $"The near cache held a record of partition {partition} whose change the store had not told: it is taken out. Please report this."));
    }

    /// <summary>Takes note of a record that a reply told without its fields.</summary>
    public void Kept(StoreCall call, Stamp at, Address address, RecordReply reply) =>
        Cache.Keep(call.Feed, at, address, reply.Revision, reply.Birth, reply.DeadlineAt(call.SentAt, Clock), call.SentAt);

    /// <summary>Takes note of the moment that a reply told, after what it told of records.</summary>
    public void Saw(StoreCall call, Stamp at, bool isNow = true)
    {
        Cache.Raise(call.Feed, at.Partition, at.Term, at.Revision);
        History.Saw(at, isNow);
    }

    /// <summary>Takes note of the terms that a reply told.</summary>
    public void Learnt(StoreCall call, PartitionHead head)
    {
        Cache.Learn(call.Feed, head);
        Cache.Raise(call.Feed, head.Partition, head.At.Term, head.Revision);
        History.Learn(head, isOfLeader: Cache.IsFed(head.Partition, call.Feed));
    }
}
