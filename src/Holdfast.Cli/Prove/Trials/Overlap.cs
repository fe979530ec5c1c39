using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>A walk of which some requests, one after the other, can be sent at once.</summary>
internal sealed class Overlap
{
    /// <summary>Most requests that are sent at once where the scenario doesn't say how many.</summary>
    private const int MaxRequests = 8;

    private readonly HashSet<WalkRequest> group;

    private Overlap(Walk walk, HashSet<WalkRequest> group) => (Walk, this.group) = (walk, group);

    public Walk Walk { get; }

    /// <summary>The place of the first request after the group.</summary>
    public int End => Walk.Requests.ToList().FindLastIndex(group.Contains) + 1;

    /// <summary>The walk without the group.</summary>
    public Walk Without => new([.. Walk.Requests.Where(request => !group.Contains(request))]);

    /// <summary>The walk with the group's requests in the opposite order; null where they are all the same.</summary>
    public Walk? Reversed => group.DistinctBy(static request => request.Step).Skip(1).Any()
        ? new Walk([.. Walk.Requests.Take(Start), .. Walk.Requests.Skip(Start).Take(group.Count).Reverse(), .. Walk.Requests.Skip(End)])
        : null;

    private int Start => End - group.Count;

    /// <summary>
    /// The groups of a walk's requests that can overlap: those that the scenario sends concurrently, and writes to one path
    /// right after one another, none of which needs what another one of them has brought.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<WalkRequest>> GroupsOf(Walk walk)
    {
        var groups = new List<List<WalkRequest>>();
        foreach (var request in walk.Requests)
        {
            if (groups.Count > 0 && Joins(groups[^1], request))
            {
                groups[^1].Add(request);
            }
            else
            {
                groups.Add([request]);
            }
        }

        // What is read after the last request is nothing.
        return [.. groups.Where(group => group.Count > 1 && group[^1] != walk.Requests[^1] && group.Exists(static request => !request.Step.IsSafe))
            .OrderByDescending(static group => group.Exists(static request => request.Step.Concurrently > 1))
            .Select(static group => (IReadOnlyList<WalkRequest>)[.. group.Take(Math.Max(MaxRequests, group[0].Step.Concurrently))])];
    }

    public static Overlap Of(Walk walk, IReadOnlyList<WalkRequest> group)
    {
        // Nothing else is sent at once.
        var numbered = walk.Requests.Select(request => group.Contains(request) ? request with { Group = 0 } : request with { Group = request.Ordinal + 1 }).ToArray();
        return new Overlap(new Walk(numbered), [.. numbered.Where(static request => request.Group == 0)]);
    }

    public bool Contains(WalkRequest request) => group.Contains(request);

    /// <summary>What has to be sent to see the loss: the group and the read, and what comes ahead of the group.</summary>
    public Walk Shortest(int readOrdinal) =>
        new([.. Walk.Requests.Where((request, index) => index < End || request.Ordinal == readOrdinal)]);

    private static bool Joins(List<WalkRequest> group, WalkRequest request) =>
        (group[^1].Group == request.Group && request.Step.Concurrently > 1)
        || (!request.Step.IsSafe && group[^1].Step.Request == request.Step.Request
            && !group.Exists(earlier => earlier.Step.Captures.Any(capture => request.Step.Names.Contains(capture.Name))));
}
