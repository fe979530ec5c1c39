namespace Holdfast.Redis;

/// <summary>
/// Who has which partition's slot, as the cluster's nodes tell it. They learn of changes one after the other, so a node's
/// claim counts only if its epoch is not below that of the claim that is known.
/// </summary>
internal sealed class SlotTable
{
    private const int Slots = 16384;

    private readonly int[] slots;
    private readonly long[] epochs;
    private readonly RedisPlace?[] owners;

    public SlotTable(int partitions)
    {
        (slots, epochs, owners) = (new int[partitions], new long[partitions], new RedisPlace?[partitions]);
        for (var partition = 0; partition < partitions; partition++)
        {
            slots[partition] = Slots / partitions * partition;
        }
    }

    public RedisPlace? OwnerOf(int partition) => owners[partition];

    /// <summary>Whether every partition has an owner.</summary>
    public bool IsComplete => Array.TrueForAll(owners, static owner => owner is not null);

    /// <summary>Takes a node's view; answers the partitions that have another owner now.</summary>
    public IReadOnlyList<int> Take(IReadOnlyList<ClusterPrimary> primaries)
    {
        var changed = new List<int>();
        for (var partition = 0; partition < slots.Length; partition++)
        {
            foreach (var primary in primaries)
            {
                if (!primary.Has(slots[partition]) || primary.Epoch < epochs[partition])
                {
                    continue;
                }

                epochs[partition] = primary.Epoch;
                if (owners[partition] != primary.Place)
                {
                    owners[partition] = primary.Place;
                    changed.Add(partition);
                }
            }
        }

        return changed;
    }

    /// <summary>A node said that it does not have the partition, and who does. True if that is news; the next view decides whether it stays.</summary>
    public bool Move(int partition, RedisPlace owner)
    {
        epochs[partition] = 0;
        var isNews = owners[partition] != owner;
        owners[partition] = owner;
        return isNews;
    }
}
