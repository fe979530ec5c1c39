using Holdfast.Cli.Prove.Instances;

namespace Holdfast.Cli.Prove.Browsing;

/// <summary>Where an answer sends the browser, within the site.</summary>
/// <param name="Target">Path and query.</param>
/// <param name="Named">The instance whose own address the answer names, past any gateway; null when it names the site.</param>
internal sealed record Redirect(string Target, Instance? Named)
{
    /// <summary>The redirect that the browser follows; null when there is none, or when it leaves the site.</summary>
    public static Redirect? Of(Hop hop, Instance asked, IReadOnlyList<Instance> instances)
    {
        var page = new Uri($"{asked.Address.Scheme}://{asked.Host ?? asked.Address.Authority}{hop.Target}");
        if (hop.Location is not { Length: > 0 } location || !Uri.TryCreate(page, location, out var url) || url.Scheme is not ("http" or "https"))
        {
            return null;
        }

        if (url.Authority == page.Authority)
        {
            return new Redirect(url.PathAndQuery, null);
        }

        var named = instances.FirstOrDefault(instance => instance.IsAt(url));
        return named is null ? null : new Redirect(url.PathAndQuery, named);
    }

    /// <summary>The place that an answer sends to, in words that are the same on each instance.</summary>
    public static string Shown(Hop hop, Redirect? redirect) => redirect switch
    {
        null => hop.Location ?? "",
        { Named: null } => redirect.Target,
        { Named.Number: var number } when number == hop.Instance => $"(this instance's address){redirect.Target}",
        _ => $"(another instance's address){redirect.Target}",
    };
}
