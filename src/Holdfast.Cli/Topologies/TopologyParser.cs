using Holdfast.Cli.Yaml;
using YamlDotNet.RepresentationModel;

namespace Holdfast.Cli.Topologies;

/// <summary>
/// Reads <c>holdfast.yaml</c> and reports every problem in it, not only the first. What could be understood is
/// answered even then, so that it can be probed for further problems.
/// </summary>
internal sealed class TopologyParser
{
    private static readonly string[] TopKeys = ["state", "gateway", "services", "logs", "scenario"];
    private static readonly string[] LogKeys = ["size", "keep"];

    private readonly List<YamlProblem> problems = [];

    private TopologyParser()
    {
    }

    public static (Topology Topology, IReadOnlyList<YamlProblem> Problems) Parse(string file, string text)
    {
        var parser = new TopologyParser();
        var topology = parser.ParseDocument(new Topology { File = file }, text);
        return (topology, parser.problems);
    }

    private Topology ParseDocument(Topology topology, string text)
    {
        var (node, problem) = YamlText.Read(text, "a topology");
        if (problem is null && node is not YamlMappingNode)
        {
            problem = new YamlProblem((int)node!.Start.Line, "a topology is one mapping with the keys state, gateway and services");
        }

        if (problem is not null)
        {
            problems.Add(problem);
            return topology;
        }

        var root = (YamlMappingNode)node!;
        return ParseTop(topology, new YamlSection(root, "the topology", problems));
    }

    private Topology ParseTop(Topology topology, YamlSection top)
    {
        top.ExpectOnly(TopKeys);
        if (top.Text("state") is { } state && CheckState(state, top.LineOf("state")))
        {
            topology = topology with { State = state };
        }

        if (top.Section("gateway") is { } gateway)
        {
            topology = topology with { Gateway = GatewayParser.Parse(gateway, topology.Folder) };
        }

        if (top.Section("logs") is { } logs)
        {
            topology = topology with { Logs = ParseLogs(logs) };
        }

        var services = top.Section("services");
        if (services is { Keys.Count: > 0 })
        {
            var parser = new ServiceParser(topology.Folder);
            topology = topology with { Services = [.. services.Keys.Select(name => parser.Parse(name, services)).OfType<ServiceTopology>()] };
            problems.AddRange(ServiceOrder.ProblemsOf(topology.Services));
            return WithScenario(topology, top);
        }

        if (services is not null || !top.Keys.Contains("services"))
        {
            problems.Add(new YamlProblem(top.LineOf("services"), "there are no services: add one under services, with a run command"));
        }

        return topology;
    }

    /// <summary>A scenario at the top is the only service's.</summary>
    private Topology WithScenario(Topology topology, YamlSection top)
    {
        if (top.Text("scenario") is not { } scenario)
        {
            return topology;
        }

        if (topology.Services is [var only])
        {
            return topology with { Services = [only with { Scenario = only.Scenario ?? scenario }] };
        }

        problems.Add(new YamlProblem(top.LineOf("scenario"), "there are several services: move scenario into the one that it uses"));
        return topology;
    }

    private static LogRotation ParseLogs(YamlSection logs)
    {
        logs.ExpectOnly(LogKeys);
        var defaults = new LogRotation();
        return new LogRotation
        {
            MaxBytes = logs.Bytes("size", LogRotation.LeastBytes, LogRotation.MostBytes) ?? defaults.MaxBytes,
            Keep = logs.Number("keep", 0, LogRotation.MaxKeep) ?? defaults.Keep,
        };
    }

    private static bool NamesHost(string authorityAndPath)
    {
        var authority = authorityAndPath.Split('/', '?')[0];
        return authority[(authority.LastIndexOf('@') + 1)..].Split(':')[0].Length > 0;
    }

    private bool CheckState(string state, int line)
    {
        var scheme = state.Split("://")[0];
        string? problem = scheme switch
        {
            Topology.EmbeddedState when state == Topology.EmbeddedState => null,
            "redis+unix" => null,
            "redis" or "rediss" or "redis+sentinel" or "rediss+sentinel" => NamesHost(state[(scheme.Length + 3)..])
                ? null
                : $"state is no URL of a store: write {scheme}://host:port, with :password@ before the host if it has one",
            "postgres" or "postgresql" => "this version has no PostgreSQL engine: use embedded, redis:// or rediss://",
            _ => "state is embedded, or the URL of a store: redis://host:port or rediss://host:port",
        };
        if (problem is not null)
        {
            problems.Add(new YamlProblem(line, problem));
        }

        return problem is null;
    }
}
