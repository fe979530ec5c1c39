using Holdfast.Gateway.Services;

namespace Holdfast.Gateway.Routing;

/// <summary>
/// What the services are declared as. What the registry tells anew is taken whole or not at all: while a part of it can't be understood, every service that is
/// known stays as it was declared before, routes and health path included. A path that goes from one service to another could else lead to both, or to none.
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
        var isRefused = bad.Any(one => holding.ContainsKey(one.Name));
        Tell(bad);
        if (isRefused)
        {
            read = [.. read.Select(one => holding.GetValueOrDefault(one.Name, one)).OrderBy(one => !holding.ContainsKey(one.Name))];
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

    /// <summary>Instances join and leave meanwhile, and that is no reason to say it again.</summary>
    private void Tell(IReadOnlyList<Declared> bad)
    {
        var text = string.Join('\n', bad.Select(static one => $"{one.Name} {one.Problems}"));
        if (text == told)
        {
            return;
        }

        told = text;
        foreach (var (declaration, _, problems) in bad)
        {
            if (holding.ContainsKey(declaration.Name))
            {
                Log.DeclarationRefused(logger, declaration.Name, problems);
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
