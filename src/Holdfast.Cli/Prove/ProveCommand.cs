using System.CommandLine;
using Holdfast.Cli.Prove.Instances;

namespace Holdfast.Cli.Prove;

/// <summary><c>holdfast prove</c>.</summary>
internal static class ProveCommand
{
    private static readonly Option<string> Run = new("--run")
    {
        Description = "The command that starts one copy of the application; it listens on 127.0.0.1:$PORT.", HelpName = "CMD",
    };

    private static readonly Option<string> Scenario = new("--scenario")
    {
        Description = "The file that has the scenario: YAML, a HAR file that a browser saved, or an OpenAPI 3 document.", HelpName = "FILE",
    };

    private static readonly Option<string> Instances = new("--instances")
    {
        Description = "Instances that run already, instead of --run; restarts and kills are not tried on them.", HelpName = "URL,URL",
    };

    private static readonly Option<string> Build = new("--build") { Description = "A command that runs once before copies are made.", HelpName = "CMD" };

    private static readonly Option<string[]> Env = new("--env") { Description = "A variable for the application; may be repeated.", HelpName = "K=V" };

    private static readonly Option<string> Folder = new("--folder")
    {
        Description = "The folder that each copy gets a copy of.", HelpName = "FOLDER", DefaultValueFactory = static _ => ".",
    };

    private static readonly Option<bool> SharedFolder = new("--shared-folder")
    {
        Description = "All copies work in the folder itself, with one home and one temporary folder.",
    };

    private static readonly Option<string> Health = new("--health")
    {
        Description = "The path that answers below 500 once a copy can serve.", HelpName = "PATH", DefaultValueFactory = static _ => Application.DefaultHealth,
    };

    private static readonly Option<int> Ready = new("--ready-timeout")
    {
        Description = "How long each copy may take to become ready, in seconds.", HelpName = "SECONDS", DefaultValueFactory = static _ => 60,
    };

    private static readonly Option<string> Time = new("--time")
    {
        Description = "How long the proof may take: 90s, 2m.", HelpName = "TIME", DefaultValueFactory = static _ => "60s",
    };

    private static readonly Option<string> Authorities = new("--ca")
    {
        Description = "The authorities that signed the certificates of --instances, in PEM.", HelpName = "FILE",
    };

    private static readonly Option<string> Report = new("--report") { Description = "Writes the result as one HTML page.", HelpName = "FILE" };

    private static readonly Option<string> Save = new("--save-scenario")
    {
        Description = "Writes the scenario that was made of an archive or an OpenAPI document, to be edited.", HelpName = "FILE",
    };

    private static readonly Option<string> Json = new("--json") { Description = "Writes the result as JSON.", HelpName = "FILE" };

    public static Command Create()
    {
        Require(Time, static text => Duration.Parse(text) is { TotalSeconds: >= 5 and <= 36_000 }, "--time is 5s to 600m");
        Require(Health, static text => text.StartsWith('/'), "--health is a path, such as /healthz");
        Require(Ready, static text => int.TryParse(text, out var seconds) && seconds is >= 1 and <= 3600, "--ready-timeout is a whole number of seconds from 1 to 3600");
        Require(Env, static text => text.IndexOf('=', StringComparison.Ordinal) > 0, "--env is NAME=VALUE");
        Require(Env, static text => !InstanceEnvironment.Own.Contains(text.Split('=')[0]), "--env can't set what holdfast sets for each copy");
        Require(
            Instances,
            static text => text.Split(',') is { Length: >= 2 and <= 16 } urls && urls.All(static url => Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"),
            "--instances is 2 to 16 URLs of http or https with commas between them");
        var command = new Command("prove", "Finds out by experiment whether an application is stateless, and if not, why.")
        {
            Run, Scenario, Instances, Build, Env, Folder, SharedFolder, Health, Ready, Time, Authorities, Json, Report, Save,
        };
        command.Validators.Add(static result =>
        {
            if (result.GetResult(Run) is null == result.GetResult(Instances) is null)
            {
                result.AddError("Name --run or --instances: a command that starts the application, or where it runs.");
            }

            if (result.GetResult(Scenario) is null)
            {
                result.AddError("Name --scenario: the file that says what a user does.");
            }
        });
        command.SetAction(static (parsed, _) => ProveRun.RunAsync(RequestOf(parsed)));
        return command;
    }

    private static ProveRequest RequestOf(ParseResult parsed) => new()
    {
        Scenario = parsed.GetValue(Scenario)!,
        Build = parsed.GetValue(Build),
        Time = Duration.Parse(parsed.GetValue(Time)!)!.Value,
        JsonFile = parsed.GetValue(Json),
        ReportFile = parsed.GetValue(Report),
        SavedScenario = parsed.GetValue(Save),
        Authorities = parsed.GetValue(Authorities),
        Running = [.. (parsed.GetValue(Instances)?.Split(',') ?? []).Select(static url => new Uri(url))],
        Application = parsed.GetValue(Run) is { } run
            ? new Application
            {
                Run = run,
                Folder = Path.GetFullPath(parsed.GetValue(Folder)!),
                Environment = (parsed.GetValue(Env) ?? []).GroupBy(static pair => pair.Split('=')[0]).ToDictionary(
                    static pairs => pairs.Key, static pairs => pairs.Last()[(pairs.Key.Length + 1)..]),
                Health = parsed.GetValue(Health)!,
                SharesFolder = parsed.GetValue(SharedFolder),
                ReadyTimeout = TimeSpan.FromSeconds(parsed.GetValue(Ready)),
            }
            : null,
    };

    private static void Require(Option option, Func<string, bool> isValid, string problem) => option.Validators.Add(result =>
    {
        foreach (var token in result.Tokens.Where(token => !isValid(token.Value)))
        {
            result.AddError($"{problem}, not '{token.Value}'.");
        }
    });
}
