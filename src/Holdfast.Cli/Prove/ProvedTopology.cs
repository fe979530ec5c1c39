using Holdfast.Cli.Prove.Instances;
using Holdfast.Cli.Topologies;
using Holdfast.Cli.Yaml;

namespace Holdfast.Cli.Prove;

/// <summary>What a topology says of the service that is to be proved.</summary>
internal static class ProvedTopology
{
    /// <summary>The request with what the topology at the path says: application, build, scenario and state plane.</summary>
    /// <param name="path">A topology file, or a folder that holds one.</param>
    /// <param name="service">The service; null for the one that has a scenario.</param>
    /// <param name="readyTimeout">How long a copy may take to become ready.</param>
    /// <exception cref="CommandException">The file has problems, or names no scenario.</exception>
    public static ProveRequest RequestOf(string path, string? service, TimeSpan readyTimeout)
    {
        var file = TopologyFile.Find(path);
        var (topology, problems) = TopologyParser.Parse(file, TopologyFile.Read(file));
        if (problems.Count > 0)
        {
            throw Problems(file, problems);
        }

        var chosen = Choose(topology, service);
        return new ProveRequest
        {
            Scenario = Path.GetFullPath(chosen.Scenario!, topology.Folder),
            Build = chosen.Build,
            State = topology.State,
            Application = new Application
            {
                Run = chosen.Run,
                Folder = topology.Folder,
                Environment = chosen.Environment.Concat(chosen.Secrets).ToDictionary(),
                Health = chosen.Health,
                ReadyTimeout = readyTimeout,
            },
        };
    }

    private static ServiceTopology Choose(Topology topology, string? name)
    {
        if (name is not null)
        {
            var named = topology.Services.FirstOrDefault(service => service.Name == name)
                ?? throw new CommandException($"there is no service '{name}' in {topology.File}: there are {string.Join(", ", topology.Services.Select(static service => service.Name))}");
            return named.Scenario is not null ? named : throw new CommandException($"service {name} has no scenario: add scenario: FILE to it, the file that says what a user does");
        }

        ServiceTopology[] able = [.. topology.Services.Where(static service => service.Scenario is not null)];
        return able.Length switch
        {
            1 => able[0],
            0 => throw new CommandException($"{topology.File} has no scenario: add scenario: FILE to the service that is to be proved, the file that says what a user does"),
            _ => throw new CommandException($"several services have a scenario: name one with --service, {string.Join(" or ", able.Select(static service => service.Name))}"),
        };
    }

    private static CommandException Problems(string file, IReadOnlyList<YamlProblem> problems)
    {
        var shown = Path.GetRelativePath(Directory.GetCurrentDirectory(), file);
        return new CommandException(string.Join('\n', problems.OrderBy(static problem => problem.Line).Select(problem => $"{shown}:{problem.Line}: {problem.Message}"))) { IsVerbatim = true };
    }
}
