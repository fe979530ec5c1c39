using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Prove.Runs;

/// <summary>The requests of one run in order, repeats written out: the whole scenario, or what is left of it.</summary>
internal sealed record Walk(IReadOnlyList<WalkRequest> Requests)
{
    public static Walk Of(Scenario scenario)
    {
        var requests = new List<WalkRequest>();
        var group = 0;
        foreach (var step in scenario.Steps)
        {
            for (var time = 0; time < step.Times; time++, group++)
            {
                requests.AddRange(Enumerable.Range(requests.Count, step.Concurrently).Select(ordinal => new WalkRequest(ordinal, step, group)));
            }
        }

        return new Walk(requests);
    }

    /// <summary>Whether the same steps are taken in the same order.</summary>
    public bool IsLike(Walk other) => Requests.Select(static request => request.Step).SequenceEqual(other.Requests.Select(static request => request.Step), ReferenceEqualityComparer.Instance);

    /// <summary>The walk without one request.</summary>
    public Walk Without(int ordinal) => new([.. Requests.Where(request => request.Ordinal != ordinal)]);

    /// <summary>The walk's requests of these ordinals only.</summary>
    public Walk Only(IReadOnlyCollection<int> ordinals) => new([.. Requests.Where(request => ordinals.Contains(request.Ordinal))]);

    /// <summary>The walk up to and with a request.</summary>
    public Walk Through(int ordinal) => new([.. Requests.TakeWhile(request => request.Ordinal <= ordinal)]);

    /// <summary>Names that requests use and that no request before them in this walk captures.</summary>
    public IEnumerable<string> MissingNames()
    {
        var known = new HashSet<string> { Template.Unique };
        foreach (var request in Requests)
        {
            foreach (var name in request.Step.Names.Where(known.Add))
            {
                yield return name;
            }

            known.UnionWith(request.Step.Captures.Select(static capture => capture.Name));
        }
    }
}
