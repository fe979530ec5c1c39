using Holdfast.Gateway.Services;

namespace Holdfast.Gateway.Routing;

/// <summary>
/// What the services are declared as. A declaration is taken whole or not at all: while a part of it can't be understood, the service stays as it was declared
/// before, routes and health path included. So do those that give it a path or get one from it, which could else lead to both, or to none. The others, which may be
/// somebody else's, are served as they are declared.
/// </summary>
internal sealed class Declarations(ILogger logger)
{
    private Dictionary<string, Declared> holding = [];
    private string told = "";

    /// <summary>
    /// What holds from now on, in the order in which services have routes that several claim. A service that was not known has nothing to stay: of that one,
    /// settings which can't be understood are none.
    /// </summary>
    public IReadOnlyList<Declared> Take(IEnumerable<ServiceDeclaration> declarations)
    {
        Declared[] read = [.. declarations.Select(Read)];
        Declared[] bad = [.. read.Where(static one => one.Problems.Length > 0)];
        var staying = Staying(read);
        Tell(bad, [.. staying.Except(bad.Select(static one => one.Name)).Order(StringComparer.Ordinal)]);
        if (staying.Count > 0)
        {
            read = [.. read.Select(one => staying.Contains(one.Name) ? holding[one.Name] : one).OrderBy(one => !staying.Contains(one.Name))];
        }

        holding = read.ToDictionary(static one => one.Name, static one => one with { Problems = "" });
        return read;
    }

    private Declared Read(ServiceDeclaration declaration)
    {
        if (holding.TryGetValue(declaration.Name, out var known) && known.Declaration.Equals(declaration))
        {
            return known;
        }

        var (settings, problems) = SettingsParser.Parse(declaration.Settings);
        return problems.Count == 0
            ? new Declared(declaration, settings, "")
            : new Declared(declaration, ServiceSettings.Default, string.Join(" ", problems.Select(static problem => $"{problem.Setting}: {problem.Problem}.")));
    }

    /// <summary>Who stays as it was: who can't be understood, who must not change without it for the routes that go from one to the other, and so on.</summary>
    private HashSet<string> Staying(IReadOnlyList<Declared> read)
    {
        HashSet<string> staying = [.. read.Where(one => one.Problems.Length > 0 && holding.ContainsKey(one.Name)).Select(static one => one.Name)];
        if (staying.Count == 0)
        {
            return staying;
        }

        HashSet<string> known = [.. read.Select(static one => one.Name).Where(holding.ContainsKey)];
        var pairs = RouteMoves.Between(holding.Values.Select(static one => one.Declaration), read.Select(static one => one.Declaration));
        int before;
        do
        {
            before = staying.Count;
            staying.UnionWith(pairs.Where(pair => staying.Contains(pair.First) && known.Contains(pair.Second)).Select(static pair => pair.Second).ToList());
        }
        while (staying.Count > before);

        return staying;
    }

    /// <summary>Instances join and leave meanwhile, and that is no reason to say it again.</summary>
    private void Tell(IReadOnlyList<Declared> bad, IReadOnlyList<string> others)
    {
        var with = others.Count == 0 ? "" : $", and with it {string.Join(", ", others)} for the routes that go from one to another";
        var text = string.Join('\n', [.. bad.Select(static one => $"{one.Name} {one.Problems}"), with]);
        if (text == told)
        {
            return;
        }

        told = text;
        foreach (var (declaration, _, problems) in bad)
        {
            if (holding.ContainsKey(declaration.Name))
            {
                Log.DeclarationRefused(logger, declaration.Name, with, problems);
            }
            else
            {
                Log.SettingsRefused(logger, declaration.Name, problems);
            }
        }
    }

    /// <summary>A service as it is declared.</summary>
    /// <param name="Declaration">All of it.</param>
    /// <param name="Settings">Its settings, read.</param>
    /// <param name="Problems">What can't be understood of them; empty for nothing.</param>
    public sealed record Declared(ServiceDeclaration Declaration, ServiceSettings Settings, string Problems)
    {
        public string Name => Declaration.Name;
    }
}
