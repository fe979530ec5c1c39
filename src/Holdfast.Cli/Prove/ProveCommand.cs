using System.CommandLine;
using System.CommandLine.Parsing;
using Holdfast.Cli.Prove.Instances;

namespace Holdfast.Cli.Prove;

/// <summary><c>holdfast prove</c>.</summary>
internal static class ProveCommand
{
    private static readonly Argument<string?> Topology = new("path")
    {
        Description = "A topology file, or a folder that holds holdfast.yaml, with the key scenario: instead of --run and --scenario.", Arity = ArgumentArity.ZeroOrOne, HelpName = "PATH",
    };

    private static readonly Option<string> Service = new("--service") { Description = "The topology's service, where several have a scenario.", HelpName = "NAME" };

    private static readonly Option<string> Record = new("--record")
    {
        Description = "Writes a scenario while somebody uses the application through a proxy, instead of proving one.", HelpName = "FILE",
    };

    private static readonly Option<int> Port = new("--port") { Description = "The loopback port of --record's proxy; a free one unless told.", HelpName = "PORT" };

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

    private static readonly Option<string> RunNext = new("--run-next")
    {
        Description = "The command of the build that comes next, to be tried side by side with --run.", HelpName = "CMD",
    };

    private static readonly Option<string> Reset = new("--reset")
    {
        Description = "A command that empties the application's stores; it runs between arms.", HelpName = "CMD",
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
        Require(Port, static text => int.TryParse(text, out var port) && port is >= 1 and <= 65535, "--port is 1 to 65535");
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
            Topology, Service, Run, RunNext, Scenario, Record, Port, Instances, Build, Reset, Env, Folder, SharedFolder, Health, Ready, Time, Authorities, Json, Report, Save,
        };
        command.Validators.Add(Check);
        command.SetAction(static async (parsed, _) =>
        {
            try
            {
                return await ProveRun.RunAsync(RequestOf(parsed));
            }
            catch (CommandException error)
            {
                await Console.Error.WriteLineAsync(error.IsVerbatim ? error.Message : $"holdfast: {error.Message}");
                return ExitCode.Inconclusive;
            }
        });
        return command;
    }

    private static void Check(CommandResult result)
    {
        var sources = (Option[])[Run, Instances];
        if (sources.Count(option => result.GetResult(option) is not null) + (result.GetValue(Topology) is null ? 0 : 1) != 1)
        {
            result.AddError("Name --run, --instances or a topology's path: a command that starts the application, or where it runs, or the file that says it.");
        }

        if (result.GetValue(Topology) is not null)
        {
            foreach (var option in ((Option[])[Scenario, Build, Env, Folder, Health]).Where(option => result.GetResult(option) is { Implicit: false }))
            {
                result.AddError($"{option.Name} is what the topology says: leave it out, or name --run instead of the path.");
            }
        }
        else if (result.GetResult(Scenario) is null == result.GetResult(Record) is null)
        {
            result.AddError("Name --scenario or --record: the file that says what a user does, or the one to write while somebody does it.");
        }

        if (result.GetResult(RunNext) is not null && result.GetResult(Instances) is not null)
        {
            result.AddError("--run-next needs --run or a topology: instances that run already can't be set beside another build.");
        }
    }

    private static ProveRequest RequestOf(ParseResult parsed)
    {
        var request = parsed.GetValue(Topology) is { } path
            ? ProvedTopology.RequestOf(path, parsed.GetValue(Service), TimeSpan.FromSeconds(parsed.GetValue(Ready)))
            : new ProveRequest
            {
                Scenario = parsed.GetValue(Scenario),
                Build = parsed.GetValue(Build),
                Running = [.. (parsed.GetValue(Instances)?.Split(',') ?? []).Select(static url => new Uri(url))],
                Application = parsed.GetValue(Run) is { } run ? ApplicationOf(parsed, run) : null,
            };
        return request with
        {
            RunNext = parsed.GetValue(RunNext),
            Reset = parsed.GetValue(Reset),
            RecordFile = parsed.GetValue(Record),
            RecordPort = parsed.GetValue(Port),
            Time = Duration.Parse(parsed.GetValue(Time)!)!.Value,
            JsonFile = parsed.GetValue(Json),
            ReportFile = parsed.GetValue(Report),
            SavedScenario = parsed.GetValue(Save),
            Authorities = parsed.GetValue(Authorities),
        };
    }

    private static Application ApplicationOf(ParseResult parsed, string run) => new()
    {
        Run = run,
        Folder = Path.GetFullPath(parsed.GetValue(Folder)!),
        Environment = (parsed.GetValue(Env) ?? []).GroupBy(static pair => pair.Split('=')[0]).ToDictionary(
            static pairs => pairs.Key, static pairs => pairs.Last()[(pairs.Key.Length + 1)..]),
        Health = parsed.GetValue(Health)!,
        SharesFolder = parsed.GetValue(SharedFolder),
        ReadyTimeout = TimeSpan.FromSeconds(parsed.GetValue(Ready)),
    };

    private static void Require(Option option, Func<string, bool> isValid, string problem) => option.Validators.Add(result =>
    {
        foreach (var token in result.Tokens.Where(token => !isValid(token.Value)))
        {
            result.AddError($"{problem}, not '{token.Value}'.");
        }
    });
}
