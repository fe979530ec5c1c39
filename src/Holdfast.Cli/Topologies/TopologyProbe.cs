using Holdfast.Cli.Processes;
using Holdfast.Cli.Yaml;

namespace Holdfast.Cli.Topologies;

/// <summary>Finds what a topology's file can't tell: a port in use, a command that isn't there.</summary>
internal static class TopologyProbe
{
    public static IEnumerable<YamlProblem> Probe(Topology topology)
    {
        var gateway = topology.Gateway;
        if (gateway.Port != 0 && !LoopbackPorts.IsFree(gateway.Port))
        {
            var holder = Listeners.Find(gateway.Port, ProcessTable.Living()) is { } process ? $" by {process.Name} (pid {process.Pid})" : "";
            yield return new YamlProblem(
                gateway.PortLine, $"port {gateway.Port} is in use{holder}: end what listens there, or give gateway another port (0 takes a free one)");
        }

        foreach (var problem in topology.Services.SelectMany(service => Probe(service, topology.Folder)))
        {
            yield return problem;
        }
    }

    /// <summary>What can't be run of one service.</summary>
    public static IEnumerable<YamlProblem> Probe(ServiceTopology service, string folder)
    {
        if (service.Build is { } build && Missing(build, service, folder, isBuilt: false) is { } missingBuild)
        {
            yield return new YamlProblem(service.BuildLine, missingBuild);
        }

        if (Missing(service.Run, service, folder, isBuilt: service.Build is not null) is { } missingRun)
        {
            yield return new YamlProblem(service.RunLine, missingRun);
        }
    }

    /// <summary>What to say of a command whose program isn't there; null when it is, or can't be told beforehand.</summary>
    private static string? Missing(string command, ServiceTopology service, string folder, bool isBuilt)
    {
        if (CommandWord.Of(command) is not { } program)
        {
            return null;
        }

        if (program.Contains('/'))
        {
            // What the build makes need not be there yet.
            var path = Path.Combine(folder, program);
            return isBuilt || IsExecutable(path)
                ? null
                : $"command {program} is not {(File.Exists(path) ? $"executable: chmod +x {path}" : $"there: {path} does not exist")}";
        }

        var search = service.Environment.GetValueOrDefault("PATH") ?? Environment.GetEnvironmentVariable("PATH") ?? "";
        return search.Split(':').Any(folderInPath => IsExecutable(Path.Combine(folder, folderInPath, program)))
            ? null
            : $"command {program} was not found: install it, add its folder to PATH, or write its path (./{program} for one beside the topology)";
    }

    private static bool IsExecutable(string path) =>
        File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path)
            & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);
}
