namespace Holdfast.Node;

/// <summary>Commits of one connection that become durable by the same write of the log: they are answered together.</summary>
/// <param name="durable">Ends with that write.</param>
/// <param name="commits">An empty list for them.</param>
internal sealed class CommitGroup(Task durable, List<CommitUnderWay> commits)
{
    public Task Durable => durable;

    public List<CommitUnderWay> Commits => commits;

    /// <summary>Where the last replies of the group stand that share a place.</summary>
    public ReplySlot? Place { get; set; }
}
