using System.Globalization;

namespace Holdfast.Cli.Prove.Instances;

/// <summary>The variables that a copy is started with, so that it finds its port and keeps what it keeps in folders of its own.</summary>
internal static class InstanceEnvironment
{
    /// <summary>What a caller can't set.</summary>
    public static readonly string[] Own = ["PORT", "ASPNETCORE_URLS", "HOLDFAST_INSTANCE", "HOLDFAST_RUN", "HOME", "TMPDIR", "TMP", "TEMP"];

    public static Dictionary<string, string> Of(Application application, InstanceFolder folder, int port, int number)
    {
        var variables = new Dictionary<string, string>
        {
            // The default places below HOME (XDG base directory specification), whatever the caller's are.
            ["XDG_CONFIG_HOME"] = Path.Combine(folder.Home, ".config"),
            ["XDG_DATA_HOME"] = Path.Combine(folder.Home, ".local", "share"),
            ["XDG_STATE_HOME"] = Path.Combine(folder.Home, ".local", "state"),
            ["XDG_CACHE_HOME"] = Path.Combine(folder.Home, ".cache"),
            ["DOTNET_CLI_HOME"] = folder.Home,
            ["DOTNET_NOLOGO"] = "1",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        };
        KeepPackages(variables);
        foreach (var (name, value) in application.Environment)
        {
            variables[name] = value;
        }

        variables["PORT"] = port.ToString(CultureInfo.InvariantCulture);
        variables["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}";
        variables["HOLDFAST_INSTANCE"] = $"prove-{number}";
        variables["HOME"] = folder.Home;
        variables["TMPDIR"] = variables["TMP"] = variables["TEMP"] = folder.Temporary;
        return variables;
    }

    /// <summary>Packages that a run command finds below the caller's home are no state of the application.</summary>
    private static void KeepPackages(Dictionary<string, string> variables)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        foreach (var (name, folder) in ((string, string)[])[("NUGET_PACKAGES", ".nuget/packages"), ("PYTHONUSERBASE", ".local")])
        {
            var path = Path.Combine(home, folder);
            if (Environment.GetEnvironmentVariable(name) is null && Directory.Exists(path))
            {
                variables[name] = path;
            }
        }
    }
}
