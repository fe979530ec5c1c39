namespace Holdfast.Node;

/// <summary>What is left of a commit that was decided and not answered, or of several SETs that follow each other.</summary>
/// <param name="Lane">The lane that it leaves when it was answered; null for SETs, whose partitions the group knows.</param>
/// <param name="Bytes">What the command takes of the memory that a connection may have under way.</param>
/// <param name="Read">Records of the reply that were read rather than changed, if any.</param>
/// <param name="Slot">Where the reply stands.</param>
/// <param name="ReplyStart">Where it begins among those that share its place.</param>
/// <param name="ReplyLength">How long it is there.</param>
internal readonly record struct CommitUnderWay(Lane? Lane, int Bytes, List<TrackedKey>? Read, ReplySlot? Slot, int ReplyStart, int ReplyLength)
{
    /// <summary>How many replies there are, of one length.</summary>
    public int Replies { get; init; } = 1;
}
