namespace Holdfast.Node;

/// <summary>Commits of one connection that become durable by the same write of the log: they are answered together.</summary>
/// <param name="durable">Ends with that write.</param>
internal sealed class CommitGroup(Task durable)
{
    public Task Durable => durable;

    public List<CommitUnderWay> Commits { get; } = [];

    /// <summary>Where the last replies of the group stand that share a place.</summary>
    public ReplySlot? Place { get; set; }
}
