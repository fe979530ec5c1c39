using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>The smallest walk found whose last answer differs under a schedule: write → read → value.</summary>
/// <param name="Walk">The requests; the last is the read.</param>
/// <param name="Schedule">Where they go, and what happens in between.</param>
/// <param name="Leaf">The value of the last answer that differs.</param>
internal sealed record Witness(Walk Walk, Schedule Schedule, LeafTally Leaf)
{
    public WalkRequest Read => Walk.Requests[^1];

    /// <summary>The last request ahead of the read, or the read itself where its redirect reads; null when the read alone differs.</summary>
    public WalkRequest? Write => Walk.Requests.Count > 1 ? Walk.Requests[^2] : Schedule.Places[^1].Spreads ? Read : null;

    /// <summary>Whether a request is sent at the same time as others.</summary>
    public bool IsAtOnce(int index) => Schedule.IsConcurrent && Walk.Requests.Count(request => request.Group == Walk.Requests[index].Group) > 1;

    /// <summary>The path of the value without what follows a list.</summary>
    public static string RootOf(string path) => path.IndexOf('[', StringComparison.Ordinal) is var at and > 0 && !Comparison.Leaf.IsStatusPath(path) ? path[..at] : path;
}
