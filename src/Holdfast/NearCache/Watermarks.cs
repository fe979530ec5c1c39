namespace Holdfast.NearCaching;

/// <summary>
/// Per partition, the highest revision that any reply of its server has told, and its term. Written by one at a time, read
/// by everybody.
/// </summary>
internal sealed class Watermarks(int partitions)
{
    private const long Unknown = -1;

    private readonly long[] terms = new long[partitions];
    private readonly long[] revisions = NewRevisions(partitions);

    /// <summary>Takes note of what a reply told. Replies come in order, so an older term is a replay's and says nothing.</summary>
    public void Raise(int partition, long term, long revision)
    {
        if (term == terms[partition])
        {
            if (revision > revisions[partition])
            {
                Volatile.Write(ref revisions[partition], revision);
            }
        }
        else if (term > terms[partition])
        {
            // A reader that saw the old term must not take the new revision for it: the revision is unknown between.
            Volatile.Write(ref revisions[partition], Unknown);
            Volatile.Write(ref terms[partition], term);
            Volatile.Write(ref revisions[partition], revision);
        }
    }

    /// <summary>The partition's term and revision; false before any reply.</summary>
    public bool TryGet(int partition, out long term, out long revision)
    {
        term = Volatile.Read(ref terms[partition]);
        revision = Volatile.Read(ref revisions[partition]);
        return revision != Unknown && term == Volatile.Read(ref terms[partition]);
    }

    /// <summary>Forgets the partition: what another connection told proves nothing for the next one.</summary>
    public void Clear(int partition)
    {
        Volatile.Write(ref revisions[partition], Unknown);
        Volatile.Write(ref terms[partition], 0);
    }

    private static long[] NewRevisions(int partitions)
    {
        var revisions = new long[partitions];
        Array.Fill(revisions, Unknown);
        return revisions;
    }
}
