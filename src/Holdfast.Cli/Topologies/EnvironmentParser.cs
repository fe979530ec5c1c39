using System.Text.RegularExpressions;
using Holdfast.Cli.Yaml;

namespace Holdfast.Cli.Topologies;

/// <summary>Reads what a service's processes find in their environment: <c>env</c>, <c>env_file</c> and <c>secrets</c>.</summary>
internal sealed partial class EnvironmentParser(YamlSection service, string folder)
{
    public const string Plain = "env";
    public const string Files = "env_file";
    public const string Secrets = "secrets";

    /// <summary>What the supervisor sets itself.</summary>
    private static readonly string[] OwnVariables = ["PORT", "ASPNETCORE_URLS", "HOLDFAST_INSTANCE", "HOLDFAST_STATE", "HOLDFAST_RUN", "REDIS_URL"];

    /// <summary>The variables of the files, later ones before earlier ones, and before them those that the topology names itself.</summary>
    public Dictionary<string, string> ReadVariables()
    {
        var variables = new Dictionary<string, string>();
        foreach (var (file, line) in service.Texts(Files) ?? [])
        {
            var (read, problems) = EnvironmentFile.Read(Path.Combine(folder, file), file);
            foreach (var problem in problems)
            {
                service.Report(line, problem);
            }

            foreach (var (name, value) in read)
            {
                if (OwnVariables.Contains(name))
                {
                    service.Report(line, $"{name} is set by holdfast for each instance: remove it from {file}");
                }

                variables[name] = value;
            }
        }

        if (service.Section(Plain) is { } env)
        {
            foreach (var name in Names(env, Plain))
            {
                if (env.Value(name) is { } value)
                {
                    variables[name] = value;
                }
            }
        }

        return variables;
    }

    /// <summary>The variables whose values lie in a file each.</summary>
    public Dictionary<string, string> ReadSecrets()
    {
        var variables = new Dictionary<string, string>();
        if (service.Section(Secrets) is not { } secrets)
        {
            return variables;
        }

        foreach (var name in Names(secrets, Secrets))
        {
            if (secrets.Text(name) is not { } file)
            {
                continue;
            }

            var (value, problem) = EnvironmentFile.ReadSecret(Path.Combine(folder, file), file);
            if (problem is not null)
            {
                secrets.Report(secrets.LineOf(name), $"{name}: {problem}");
            }

            variables[name] = value;
        }

        return variables;
    }

    private static IEnumerable<string> Names(YamlSection section, string key)
    {
        foreach (var name in section.Keys)
        {
            if (!VariableName().IsMatch(name))
            {
                section.Report(section.LineOf(name), $"'{name}' can't be the name of an environment variable: letters, digits and _ can");
            }
            else if (OwnVariables.Contains(name))
            {
                section.Report(section.LineOf(name), $"{name} is set by holdfast for each instance: remove it from {key}");
            }
            else
            {
                yield return name;
            }
        }
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex VariableName();
}
