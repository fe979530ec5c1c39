using System.Globalization;
using System.Text.RegularExpressions;
using Holdfast.Cli.Yaml;
using Holdfast.Gateway;

namespace Holdfast.Cli.Topologies;

/// <summary>Reads the services of a topology, and knows which routes are taken.</summary>
internal sealed partial class ServiceParser(string folder)
{
    private static readonly string[] LimitKeys = ["memory", "process_memory", "cpu", "open_files"];
    private static readonly string[] Keys = ["build", "run", "replicas", "health", "routes", "gateway", "env", "env_file", "secrets", "needs", "limits", "drain", "scenario"];

    /// <summary>What other processes of a topology are called.</summary>
    private static readonly string[] TakenNames = [GatewayTopology.Name, "node"];

    private readonly Dictionary<string, (string Service, int Line)> routesTaken = [];

    public ServiceTopology? Parse(string name, YamlSection services)
    {
        if (!ServiceName().IsMatch(name))
        {
            services.Report(services.LineOf(name), $"a service's name is 1 to 40 lower-case letters, digits and dashes, beginning with a letter, not '{name}'");
        }

        if (TakenNames.Contains(name))
        {
            services.Report(services.LineOf(name), $"a service can't be called {name}, which is what holdfast calls processes of its own: give it another name");
        }

        if (services.Section(name, $"service {name}") is not { } section)
        {
            return null;
        }

        section.ExpectOnly(Keys);
        var run = section.Text("run");
        if (run is null && !section.Keys.Contains("run"))
        {
            section.Report(services.LineOf(name), $"service {name} has no run: give it the command that starts an instance, which listens on $PORT");
        }

        var (replicas, scaling) = ReplicasParser.Parse(section);
        var environment = new EnvironmentParser(section, folder);
        var (variables, secrets) = (environment.ReadVariables(), environment.ReadSecrets());
        foreach (var twice in secrets.Keys.Where(variables.ContainsKey))
        {
            section.Report(section.LineOf(EnvironmentParser.Secrets), $"{twice} is a secret and a variable of {EnvironmentParser.Plain} or {EnvironmentParser.Files}, too: remove it from these");
        }

        return new ServiceTopology
        {
            Name = name,
            Build = section.Text("build"),
            BuildLine = section.LineOf("build"),
            Run = run ?? "",
            RunLine = section.LineOf("run"),
            Replicas = replicas,
            Scaling = scaling,
            Health = Health(section) ?? ServiceTopology.DefaultHealth,
            Routes = Routes(name, section, services.LineOf(name)),
            Gateway = Gateway(section, name),
            Needs = [.. section.Texts("needs")?.Select(static need => need.Text) ?? []],
            NeedsLine = section.LineOf("needs"),
            Limits = Limits(section),
            Environment = variables,
            Secrets = secrets,
            Drain = section.Time("drain", TimeSpan.Zero, ServiceTopology.MaxDrain) ?? ServiceTopology.DefaultDrain,
            Scenario = section.Text("scenario"),
        };
    }

    private static string? Health(YamlSection section)
    {
        var health = section.Text("health");
        if (health is null || IsPath(health))
        {
            return health;
        }

        section.Report(section.LineOf("health"), $"health is a path such as /healthz, not '{health}'");
        return null;
    }

    private List<string> Routes(string service, YamlSection section, int serviceLine)
    {
        var routes = new List<string>();
        var given = section.Keys.Contains("routes") ? section.Texts("routes") ?? [] : [("/", serviceLine)];
        foreach (var (text, line) in given)
        {
            var route = text.Length > 1 ? text.TrimEnd('/') : text;
            if (!IsPath(text))
            {
                section.Report(line, $"a route is a path such as /shop, not '{text}'");
            }
            else if (!routesTaken.TryAdd(route, (service, line)))
            {
                var (other, otherLine) = routesTaken[route];
                section.Report(line, section.Keys.Contains("routes")
                    ? $"route {route} is taken by service {other} in line {otherLine}: give each service routes of its own"
                    : $"service {service} has no routes, which means [ / ], and service {other} has that in line {otherLine}: give it routes of its own, or [] for none");
            }
            else
            {
                routes.Add(route);
            }
        }

        if (routes.Count > ServiceDeclaration.MaxRoutes)
        {
            section.Report(section.LineOf("routes"), $"a service has at most {ServiceDeclaration.MaxRoutes} routes, not {routes.Count}");
        }

        return routes;
    }

    /// <summary>The settings for the gateway, which says itself what is wrong with them.</summary>
    private static Dictionary<string, string> Gateway(YamlSection section, string service)
    {
        var settings = new Dictionary<string, string>();
        if (section.Section("gateway", $"gateway of service {service}") is not { } gateway)
        {
            return settings;
        }

        gateway.ExpectOnly(GatewaySettings.Names);
        foreach (var name in gateway.Keys.Intersect(GatewaySettings.Names))
        {
            if (gateway.Texts(name) is { Count: > 0 } texts)
            {
                settings[name] = string.Join(' ', texts.Select(static text => text.Text));
            }
        }

        foreach (var (name, problem) in GatewaySettings.ProblemsOf(settings))
        {
            gateway.Report(gateway.LineOf(name), $"{name}: {problem}");
        }

        return settings;
    }

    private static ResourceLimits Limits(YamlSection section)
    {
        if (section.Section("limits") is not { } limits)
        {
            return ResourceLimits.None;
        }

        limits.ExpectOnly(LimitKeys);
        var (memory, perProcess) = (limits.Bytes("memory", ResourceLimits.LeastMemoryBytes, long.MaxValue), limits.Bytes("process_memory", ResourceLimits.LeastMemoryBytes, long.MaxValue));
        if (perProcess < memory)
        {
            limits.Report(limits.LineOf("process_memory"), $"process_memory is {ByteSize.Text(perProcess.Value)}, and memory {ByteSize.Text(memory.Value)}: what is to be replaced above that would fail before; give it twice as much, or leave it out");
        }

        return new ResourceLimits
        {
            MemoryBytes = memory,
            ProcessMemoryBytes = perProcess,
            ProcessMemoryLine = limits.LineOf("process_memory"),
            Cpus = Cpus(limits),
            OpenFiles = limits.Number("open_files", ResourceLimits.LeastOpenFiles, ResourceLimits.MaxOpenFiles),
            OpenFilesLine = limits.LineOf("open_files"),
        };
    }

    private static int? Cpus(YamlSection limits)
    {
        if (limits.Text("cpu") is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var cpus) && cpus is >= 1 and <= ResourceLimits.MaxCpus)
        {
            return cpus;
        }

        limits.Report(limits.LineOf("cpu"), decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _)
            ? $"cpu is a whole number of processors from 1 to {ResourceLimits.MaxCpus}, not '{text}': a part of one takes a cgroup, so run holdfast in one that limits it ('systemd-run --scope -p CPUQuota=50%')"
            : $"cpu is a whole number of processors from 1 to {ResourceLimits.MaxCpus}, not '{text}'");
        return null;
    }

    private static bool IsPath(string text) =>
        text.Length <= ServiceDeclaration.MaxPathLength && Path().IsMatch(text);

    [GeneratedRegex("^[a-z][a-z0-9-]{0,39}$")]
    private static partial Regex ServiceName();

    // Visible ASCII without '?', '#' and empty segments, as the registry demands.
    [GeneratedRegex("^(?!.*//)/[!-\"$->@-~]*$")]
    private static partial Regex Path();
}
