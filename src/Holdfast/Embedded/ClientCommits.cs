using System.Numerics;

namespace Holdfast.Embedded;

/// <summary>The last commits of one client in one partition, by the client's own numbers, which begin with 1.</summary>
internal sealed class ClientCommits
{
    public const int Count = 64;

    /// <summary>The bytes of a place.</summary>
    public const int PlaceBytes = 3 * sizeof(long);

    // Most clients come to a partition once or twice. Until there are as many places as there will be, no commit has given its own to another.
    private const int FewestPlaces = 4;

    private (long Sequence, long Term, long Revision)[] commits = new (long, long, long)[FewestPlaces];

    /// <summary>When the client last made a commit, as a timestamp.</summary>
    public long LastUse { get; set; }

    public ReadOnlySpan<(long Sequence, long Term, long Revision)> All => commits;

    /// <summary>How many places there must be once the commit of this number is remembered.</summary>
    public static int PlacesFor(long sequence) =>
        sequence >= Count ? Count : Math.Max(FewestPlaces, (int)BitOperations.RoundUpToPowerOf2((uint)sequence));

    /// <summary>The commit of this number, if it is remembered.</summary>
    /// <exception cref="ArgumentException">Its place holds a later one: whether it was made is not known any more.</exception>
    public bool TryFind(long sequence, out long term, out long revision)
    {
        (var found, term, revision) = commits[sequence % commits.Length];
        return found <= sequence || commits.Length < Count ? found == sequence : throw new ArgumentException(
            $"The client's commit {sequence} comes after its commit {found}: at most {Count} may be under way at once. Nothing was changed.");
    }

    public void Add(long sequence, long term, long revision)
    {
        if (PlacesFor(sequence) is var places && places > commits.Length)
        {
            var before = commits;
            commits = new (long, long, long)[places];
            foreach (var commit in before)
            {
                commits[commit.Sequence % places] = commit;
            }
        }

        commits[sequence % commits.Length] = (sequence, term, revision);
    }

    public void Remove(long sequence) => commits[sequence % commits.Length] = default;
}
