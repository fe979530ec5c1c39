using Holdfast.Cli.Node;
using Holdfast.Cli.Processes;
using Holdfast.Cli.Yaml;

namespace Holdfast.Cli.Topologies;

/// <summary>Finds what a topology's file can't tell: a port in use, a command that isn't there.</summary>
internal static class TopologyProbe
{
    public static IEnumerable<YamlProblem> Probe(Topology topology)
    {
        foreach (var problem in Probe(topology.Gateway))
        {
            yield return problem;
        }

        foreach (var problem in topology.Services.SelectMany(service => Probe(service, topology.Folder)))
        {
            yield return problem;
        }
    }

    /// <summary>Ports that others have, and files that can't be used.</summary>
    private static IEnumerable<YamlProblem> Probe(GatewayTopology gateway)
    {
        if (gateway.Port != 0 && InUse(gateway.Port) is { } inUse)
        {
            yield return new YamlProblem(gateway.PortLine, $"{inUse}, or give gateway another port (0 takes a free one)");
        }

        if (gateway.AdminPort is { } first)
        {
            foreach (var taken in Enumerable.Range(first, gateway.Replicas).Select(InUse).OfType<string>())
            {
                yield return new YamlProblem(gateway.AdminPortLine, $"{taken}, or give gateway another admin_port: each gateway has one, from that on");
            }
        }

        if (gateway.Tls is { } tls)
        {
            if (InUse(tls.Port) is { } tlsInUse)
            {
                yield return new YamlProblem(tls.Line, $"{tlsInUse}, or give tls another port");
            }

            if (CertificateProblem(tls) is { } problem)
            {
                yield return new YamlProblem(tls.Line, $"certificate and key can't be used: {problem}");
            }
        }

        if (gateway.AccessLog is { } log and not GatewayTopology.StandardOutput && !Directory.Exists(Path.GetDirectoryName(log)))
        {
            yield return new YamlProblem(gateway.AccessLogLine, $"access_log can't be written: there is no folder {Path.GetDirectoryName(log)}, so make it");
        }
    }

    private static string? CertificateProblem(TlsTopology tls)
    {
        try
        {
            NodeCertificate.Load(tls.Certificate, tls.Key);
            return null;
        }
        catch (Exception fault) when (fault is ArgumentException or IOException or UnauthorizedAccessException)
        {
            return fault.Message;
        }
    }

    private static string? InUse(int port)
    {
        if (LoopbackPorts.IsFree(port))
        {
            return null;
        }

        var holder = Listeners.Find(port, ProcessTable.Living()) is { } process ? $" by {process.Name} (pid {process.Pid})" : "";
        return $"port {port} is in use{holder}: end what listens there";
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

        if (service.Limits.ProcessMemoryBytes is { } bytes && ProcessLimits.MostProcessMemory() is var mostBytes && bytes > mostBytes)
        {
            yield return new YamlProblem(
                service.Limits.ProcessMemoryLine,
                $"process_memory is {ByteSize.Text(bytes)}, and this user's processes may have {ByteSize.Text(mostBytes)} at most: ask for that much, or have the limit raised ('ulimit -Hd', limits.conf)");
        }

        if (service.Limits.OpenFiles is { } files && ProcessLimits.MostOpenFiles() is var most && files > most)
        {
            yield return new YamlProblem(
                service.Limits.OpenFilesLine,
                $"open_files is {files}, and this user's processes may have {most} at most: ask for that many, or have the limit raised ('ulimit -Hn', limits.conf)");
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
