namespace Holdfast.Node;

/// <summary>Commits of one connection that become durable by the same write of the log: they are answered together.</summary>
/// <param name="durable">Ends with that write.</param>
/// <param name="ended">A group that was answered, and whose memory this one takes over.</param>
internal sealed class CommitGroup(Task durable, CommitGroup? ended)
{
    private const int MaxKept = 128;

    public Task Durable => durable;

    public List<CommitUnderWay> Commits { get; } = ended?.Commits ?? [];

    /// <summary>The partitions of the SETs among them, one for each.</summary>
    public List<int> Sets { get; } = ended?.Sets ?? [];

    /// <summary>Where the last replies of the group stand that share a place.</summary>
    public ReplySlot? Place { get; set; }

    /// <summary>Whether its memory may be kept for another one.</summary>
    public bool IsSmall => Commits.Capacity <= MaxKept && Sets.Capacity <= MaxKept;

    /// <summary>Lets go of what was answered, and keeps the memory for others.</summary>
    public void Forget()
    {
        Commits.Clear();
        Sets.Clear();
        Place = null;
    }
}
