namespace Holdfast.Redis;

/// <summary>
/// The course of a partition's scan over the servers: all of them, as a slot that moves has its keys at two. What is moving is at
/// the partition's own server first, so that one is scanned first. When the partition gets another one, and that is
/// noticed before the end, the scan begins anew; servers that come meanwhile are scanned too.
/// </summary>
internal sealed class PartitionScan(StoreRoutes routes, int partition)
{
    private readonly HashSet<StoreNode> told = [];
    private StoreNode? first;

    /// <summary>The server whose turn it is.</summary>
    public StoreNode? Node { get; private set; }

    /// <summary>Where the scan stands there.</summary>
    public ScanCursor Cursor { get; private set; } = ScanCursor.Start;

    /// <summary>Whether what the server would have told is to be had from others by now.</summary>
    public bool IsOvertaken => routes.NodeOf(partition) != first || !routes.Nodes.Contains(Node);

    /// <summary>Goes to the next page; false when all have told all.</summary>
    public bool TryGoOn()
    {
        if (Node is not null && !IsOvertaken)
        {
            return true;
        }

        if (routes.NodeOf(partition) is var current && current != first)
        {
            first = current;
            told.Clear();
        }

        Cursor = ScanCursor.Start;
        Node = routes.Nodes.Where(node => !told.Contains(node)).OrderByDescending(node => node == first).FirstOrDefault();
        return Node is not null;
    }

    /// <summary>Takes note of a page that the server has told.</summary>
    public void Take(ScanPage page)
    {
        Cursor = page.Next;
        if (page.Next.IsEnd)
        {
            told.Add(Node!);
            Node = null;
        }
    }
}
