using System.Globalization;

namespace Holdfast;

/// <summary>
/// How far a follower has come in one partition: the last position that it handled, and the term in which it did, so
/// that a store that has forgotten that position is told from one that has nothing new.
/// </summary>
internal sealed class JournalCursor(int partition)
{
    public int Partition { get; } = partition;

    public JournalPosition Position { get; private set; }

    /// <summary>The term in which the position was read; 0 before anything was.</summary>
    public long Term { get; private set; }

    /// <summary>Whether the cursor has moved since it was last stored.</summary>
    public bool HasMoved { get; set; }

    public void MoveTo(JournalPosition position)
    {
        Position = position;
        HasMoved = true;
    }

    public void Enter(long term) => Term = term;

    /// <summary>
    /// Up to which revision the partition's history is the one that the cursor has seen: what the first term after the
    /// cursor's own found. A position beyond it is of commits that the store has lost.
    /// </summary>
    public long SharedRevision(PartitionHead head)
    {
        var shared = head.Revision;
        for (var i = head.Terms.Count - 1; i >= 0 && head.Terms[i].Term > Term; i--)
        {
            shared = head.Terms[i].FoundRevision;
        }

        return shared;
    }

    /// <summary>What <see cref="Restore"/> reads, to go on after this position.</summary>
    public string Format(JournalPosition after) => string.Create(CultureInfo.InvariantCulture, $"{Term} {after}");

    public void Restore(string stored)
    {
        var space = stored.IndexOf(' ', StringComparison.Ordinal);
        Term = long.Parse(stored.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture);
        Position = JournalPosition.Parse(stored[(space + 1)..]);
    }
}
