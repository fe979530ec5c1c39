namespace Holdfast.Embedded;

/// <summary>Who watches the records and the head of a partition. Guarded by the partition's lock.</summary>
internal sealed class WatchList
{
    private readonly Dictionary<Address, List<Watch>> ofRecords = [];
    private readonly List<Watch> ofHead = [];

    /// <summary>Whether any record is watched.</summary>
    public bool HasOfRecords => ofRecords.Count > 0;

    public void Add(Address? address, Watch watch)
    {
        if (address is not { } record)
        {
            ofHead.Add(watch);
        }
        else if (ofRecords.TryGetValue(record, out var watches))
        {
            watches.Add(watch);
        }
        else
        {
            ofRecords.Add(record, [watch]);
        }
    }

    public void Remove(Address? address, Watch watch)
    {
        if (address is not { } record)
        {
            ofHead.Remove(watch);
        }
        else if (ofRecords.TryGetValue(record, out var watches) && watches.Remove(watch) && watches.Count == 0)
        {
            ofRecords.Remove(record);
        }
    }

    public void Pulse(Address address)
    {
        if (ofRecords.TryGetValue(address, out var watches))
        {
            foreach (var watch in watches)
            {
                watch.Pulse();
            }
        }
    }

    public void PulseHead()
    {
        foreach (var watch in ofHead)
        {
            watch.Pulse();
        }
    }

    /// <summary>Every watch, so that they can be ended.</summary>
    public List<Watch> ToList()
    {
        List<Watch> all = [.. ofHead];
        foreach (var watches in ofRecords.Values)
        {
            all.AddRange(watches);
        }

        return all;
    }
}
