using System.Collections.Concurrent;

namespace Holdfast.Cli.Prove.Browsing;

/// <summary>The paths whose answers were seen not to end, so that nobody waits for their end again and again.</summary>
internal sealed class EndlessAnswers
{
    private readonly ConcurrentDictionary<string, bool> paths = [];

    public bool Has(Hop hop) => paths.ContainsKey(PathOf(hop));

    public void Add(Hop hop) => paths.TryAdd(PathOf(hop), true);

    private static string PathOf(Hop hop) => $"{hop.Method} {hop.Target.Split('?')[0]}";
}
