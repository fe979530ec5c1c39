using Holdfast.Cli.Yaml;

namespace Holdfast.Cli.Topologies;

/// <summary>Reads a topology file and tells all that is wrong with it, as <c>file:line: what is wrong and what helps</c>.</summary>
internal static class TopologyLoader
{
    /// <summary>The topology that is about to be started.</summary>
    /// <exception cref="CommandException">It can't be; every problem is told.</exception>
    public static Topology Load(string file)
    {
        var (topology, problems) = TopologyParser.Parse(file, TopologyFile.Read(file));
        YamlProblem[] all = [.. problems, .. TopologyProbe.Probe(topology)];
        return all.Length == 0
            ? topology
            : throw new CommandException(Text(Path.GetRelativePath(Directory.GetCurrentDirectory(), file), all)) { IsVerbatim = true };
    }

    /// <summary>A service of a topology that runs, as the file describes it now; null with the reasons when the file can't be used.</summary>
    public static ServiceTopology? TryLoadService(string file, string name, out string reasons)
    {
        try
        {
            var (topology, problems) = TopologyParser.Parse(file, TopologyFile.Read(file));
            var service = topology.Services.FirstOrDefault(service => service.Name == name);
            YamlProblem[] all = [.. problems, .. service is null ? [] : TopologyProbe.Probe(service, topology.Folder)];
            reasons = all.Length > 0 ? Text(file, all) : service is null ? $"{file} has no service {name} any more: put it back, or leave it running as it is" : "";
            return reasons.Length == 0 ? service : null;
        }
        catch (CommandException error)
        {
            reasons = error.Message;
            return null;
        }
    }

    /// <summary>A topology that runs, as the file describes it now; null with the reasons when the file can't be used.</summary>
    public static Topology? TryLoad(string file, out string reasons)
    {
        try
        {
            var (topology, problems) = TopologyParser.Parse(file, TopologyFile.Read(file));
            reasons = Text(file, problems);
            return reasons.Length == 0 ? topology : null;
        }
        catch (CommandException error)
        {
            reasons = error.Message;
            return null;
        }
    }

    private static string Text(string shown, IEnumerable<YamlProblem> problems) =>
        string.Join('\n', problems.OrderBy(static problem => problem.Line).Select(problem => $"{shown}:{problem.Line}: {problem.Message}"));
}
