namespace Holdfast.NearCaching;

/// <summary>A record, or its absence, as the store told it at a moment.</summary>
internal sealed class NearCacheEntry
{
    /// <summary>What an entry takes besides its texts and values: itself, the record, and its places in map and order.</summary>
    private const int OwnBytes = 352;

    /// <summary>What a field of a record that is not packed takes besides its name and value: the string's and the map's overhead.</summary>
    private const int FieldBytes = 80;

    private bool isUsed;

    public NearCacheEntry(Stamp at, Address address, Record? record, long usableUntil)
    {
        (At, Address, Record, UsableUntil, Bytes) = (at, address, record, usableUntil, BytesOf(address, record));
        Place = new LinkedListNode<NearCacheEntry>(this);
    }

    public Stamp At { get; }

    public int Partition => At.Partition;

    public Address Address { get; }

    /// <summary>Null: there is no such record.</summary>
    public Record? Record { get; }

    /// <summary>When the record expires or is too old to be served, by the clock's timestamps.</summary>
    public long UsableUntil { get; }

    /// <summary>Its place in the order of arrival.</summary>
    public LinkedListNode<NearCacheEntry> Place { get; }

    /// <summary>About what the entry takes in memory.</summary>
    public int Bytes { get; }

    /// <summary>Notes that it was served, which spares it once when room is made.</summary>
    public void Use()
    {
        if (!isUsed)
        {
            isUsed = true;
        }
    }

    /// <summary>Whether it was served since it was asked last.</summary>
    public bool TakeUse()
    {
        var used = isUsed;
        isUsed = false;
        return used;
    }

    private static int BytesOf(Address address, Record? record)
    {
        var bytes = OwnBytes + (2 * address.ToString().Length);
        if (record is null)
        {
            return bytes;
        }

        if (record.TryGetPacked(out var packed))
        {
            bytes += packed.Length;
        }
        else
        {
            foreach (var (name, value) in record.Fields)
            {
                bytes += FieldBytes + (2 * name.Length) + value.Length;
            }
        }

        return bytes;
    }
}
