namespace Holdfast;

/// <summary>
/// How far a follower has come in one partition: the last position that it handled, and the term in which it did, so
/// that a store that has forgotten that position is told from one that has nothing new.
/// </summary>
/// <remarks>
/// One task moves it, another stores from where the next holder is to go on, which may be before where it stands:
/// <see cref="Place"/> is exchanged as a whole.
/// </remarks>
internal sealed class JournalCursor(int partition)
{
    private volatile JournalPlace place = new(0, JournalPosition.Start);
    private JournalPosition stored;

    public int Partition { get; } = partition;

    /// <summary>Where the cursor stands.</summary>
    public JournalPlace Place => place;

    /// <summary>Whether the cursor stands elsewhere than what was last stored. Asked by the task that stores.</summary>
    public bool HasMoved => !HasStored(place);

    public void MoveTo(JournalPosition position) => place = place with { Position = position };

    public void Enter(long term)
    {
        if (place.Term != term)
        {
            place = place with { Term = term };
        }
    }

    /// <summary>Whether this position is what was last stored. Asked by the task that stores.</summary>
    public bool HasStored(JournalPlace where) => where.Position == stored;

    /// <summary>Notes what a commit has stored: a place whose commit did not come back is stored again.</summary>
    public void Stored(JournalPlace where) => stored = where.Position;

    /// <summary>
    /// Up to which revision the partition's history is the one that the cursor has seen: what the term after the cursor's own found. A position
    /// beyond it is of commits that the store has lost. The terms count by their order and not by their numbers: of one that is lost, the next may have
    /// a lower one. Where the history does not have the cursor's term, it went another way at some revision that nobody knows any more: all that it
    /// remembers may be news, and to handle an event again is better than to skip one.
    /// </summary>
    public long SharedRevision(PartitionHead head)
    {
        for (var i = 0; i < head.Terms.Count; i++)
        {
            if (head.Terms[i].Term == place.Term)
            {
                return i == head.Terms.Count - 1 ? head.Revision : head.Terms[i + 1].FoundRevision;
            }
        }

        return head.Terms[0].FoundRevision;
    }

    /// <summary>Goes to where an earlier holder stood.</summary>
    public void Restore(string text)
    {
        place = JournalPlace.Parse(text);
        stored = place.Position;
    }
}
