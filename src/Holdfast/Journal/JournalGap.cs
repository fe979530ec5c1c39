namespace Holdfast;

/// <summary>A <see cref="JournalFollower"/> could not follow a partition's journal without a break.</summary>
/// <param name="Partition">The partition, from 0.</param>
/// <param name="After">The last position that was handled.</param>
/// <param name="ResumedAfter">
/// Where reading goes on: after <paramref name="After"/> when the events between were trimmed by the retention limits;
/// before it when the store has lost history that the follower had seen, and its revisions count up anew from there. Where the store does not know since
/// when its history is another one, that is the beginning of what it remembers, and events that were handled come again.
/// </param>
public readonly record struct JournalGap(int Partition, JournalPosition After, JournalPosition ResumedAfter)
{
    /// <summary>Whether the store has forgotten commits that it had acknowledged, rather than trimmed its journal.</summary>
    public bool IsHistoryLost => ResumedAfter < After;
}
