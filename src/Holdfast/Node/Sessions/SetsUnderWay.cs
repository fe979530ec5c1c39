namespace Holdfast.Node;

/// <summary>
/// How many SETs a connection has under way in each partition, of those that have no lane: nothing waits for them, and they wait for nothing. Guarded by the session's gate.
/// </summary>
internal sealed class SetsUnderWay(int partitions)
{
    // For who sends some.
    private int[] counts = [];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    public bool Has(int partition) => Count > 0 && counts[partition] > 0;

    public void Add(int partition)
    {
        if (counts.Length == 0)
        {
            counts = new int[partitions];
        }

        counts[partition]++;
        Count++;
    }

    public void Remove(int partition)
    {
        counts[partition]--;
        Count--;
    }

    /// <summary>They have a lane from now on, as something follows them there; tells how many they are.</summary>
    public int Take(int partition)
    {
        if (!Has(partition))
        {
            return 0;
        }

        var taken = counts[partition];
        counts[partition] = 0;
        Count -= taken;
        return taken;
    }
}
