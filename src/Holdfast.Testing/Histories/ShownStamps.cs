using System.Collections.Concurrent;

namespace Holdfast.Testing;

/// <summary>The newest moment of each affinity and term that any client was shown: what the store must not forget, or must tell that it has.</summary>
internal sealed class ShownStamps
{
    private readonly ConcurrentDictionary<(string Affinity, long Term), Stamp> newest = [];

    public void Note(string affinity, Stamp at) =>
        newest.AddOrUpdate((affinity, at.Term), at, (_, known) => known.Revision >= at.Revision ? known : at);

    /// <summary>The affinities whose partition says that a moment which was shown is no part of its history.</summary>
    public async Task<IReadOnlySet<string>> LostAsync(StateEngine engine)
    {
        var lost = new HashSet<string>();
        foreach (var ((affinity, _), stamp) in newest)
        {
            if (!(await engine.ReadHeadAsync(stamp.Partition)).Contains(stamp))
            {
                lost.Add(affinity);
            }
        }

        return lost;
    }
}
