namespace Holdfast.Embedded;

/// <summary>Who sends a commit.</summary>
/// <param name="Client">The client's name, or null: then the commit is not remembered by its sequence.</param>
/// <param name="Sequence">The client's own number of the commit, from 1; 0 is not remembered.</param>
/// <param name="Origin">Handed to the <see cref="ChangeObserver"/> with what the commit changed.</param>
internal readonly record struct CommitSender(string? Client, long Sequence, object? Origin)
{
    /// <summary>Whether it has the commit written itself, soon, if that takes no synchronising.</summary>
    public bool Writes { get; init; }

    public bool IsRemembered => Client is not null && Sequence > 0;
}
