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

    /// <summary>Takes note of a record, or of its absence, that a reply told.</summary>
    public void Told(int partition, Address address, Record? record, long sentAt)
    {
        Cache.Put(address, record, sentAt);
        Watches.Saw(partition, address, record is not null);
    }

    /// <summary>Takes note of a record that a reply told without its fields.</summary>
    public void Kept(Address address, RecordReply reply, long sentAt) =>
        Cache.Keep(address, reply.Revision, reply.Birth, reply.DeadlineAt(sentAt, Clock), sentAt);
}
