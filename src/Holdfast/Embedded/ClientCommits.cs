namespace Holdfast.Embedded;

/// <summary>The last commits of one client in one partition, by the client's own numbers.</summary>
internal sealed class ClientCommits
{
    public const int Count = 64;

    private readonly (long Sequence, long Term, long Revision)[] commits = new (long, long, long)[Count];

    /// <summary>When the client last made a commit, as a timestamp.</summary>
    public long LastUse { get; set; }

    public ReadOnlySpan<(long Sequence, long Term, long Revision)> All => commits;

    /// <summary>The commit of this number, if it is remembered.</summary>
    /// <exception cref="ArgumentException">Its place holds a later one: whether it was made is not known any more.</exception>
    public bool TryFind(long sequence, out long term, out long revision)
    {
        (var found, term, revision) = commits[sequence % Count];
        return found <= sequence ? found == sequence : throw new ArgumentException(
            $"The client's commit {sequence} comes after its commit {found}: at most {Count} may be under way at once. Nothing was changed.");
    }

    public void Add(long sequence, long term, long revision) => commits[sequence % Count] = (sequence, term, revision);

    public void Remove(long sequence) => commits[sequence % Count] = default;
}
