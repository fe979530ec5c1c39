using System.Net;

namespace Holdfast.Cli.Prove.Browsing;

/// <summary>What a step got: the exchanges of its request and of the redirects that it was sent on.</summary>
/// <param name="Hops">At least one.</param>
internal sealed record Answer(IReadOnlyList<Hop> Hops)
{
    /// <summary>The exchange that the step ended with.</summary>
    public Hop Last => Hops[^1];

    /// <summary>The status that the step ended with; 0 when there was no answer.</summary>
    public int Status => Last.Status;

    /// <summary>A status for people: <c>200 OK</c>.</summary>
    public string StatusText => Status == 0 ? $"no answer ({Last.Failure})" : $"{Status} {(HttpStatusCode)Status}";

    /// <summary>The cookies that any of the exchanges set.</summary>
    public IEnumerable<Cookie> Set => Hops.SelectMany(static hop => hop.Set);
}
