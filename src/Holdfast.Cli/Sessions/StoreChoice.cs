using System.CommandLine;
using Holdfast.Cli.Supervision;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Sessions;

/// <summary>Which store a command works on: one that is named, or that of a topology, whether or not it runs.</summary>
internal sealed class StoreChoice
{
    private const string StateVariable = "HOLDFAST_STATE";
    private const string Embedded = "embedded:";

    private readonly Option<string?> state = new("--state")
    {
        Description = $"The store: redis://, rediss://, redis+sentinel://, redis+unix://, or {Embedded}FOLDER. Or set ${StateVariable}, which keeps a password out of the list of processes.",
        HelpName = "URL",
    };

    private readonly Option<string?> topology = new("--topology")
    {
        Description = "The topology whose store it is: its file, or the folder that holds its holdfast.yaml. Default: the current folder's, unless $HOLDFAST_STATE names a store.",
        HelpName = "PATH",
    };

    /// <summary>Lets the command's line choose.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(state);
        command.Options.Add(topology);
        command.Validators.Add(result =>
        {
            if (result.GetResult(state) is not null && result.GetResult(topology) is not null)
            {
                result.AddError("Name --state or --topology, not both.");
            }
        });
    }

    /// <summary>Opens the store.</summary>
    /// <exception cref="CommandException">It is not there, or can't be used.</exception>
    public async Task<StateEngine> OpenAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var store = parsed.GetValue(state)
            ?? (parsed.GetValue(topology) is { } path ? StoreOf(path) : Environment.GetEnvironmentVariable(StateVariable) is { Length: > 0 } named ? named : StoreOf("."));
        if (store.StartsWith(Embedded, StringComparison.Ordinal) && !Directory.Exists(store[Embedded.Length..]))
        {
            throw new CommandException($"there is no store in {store[Embedded.Length..]}");
        }

        try
        {
            return await StateEngines.OpenAsync(store, cancellationToken: cancellationToken);
        }
        catch (ArgumentException)
        {
            throw new CommandException("--state names no store: give redis://, rediss://, redis+sentinel://, redis+unix:// or embedded:FOLDER");
        }
    }

    /// <summary>The store of a topology: its node's socket while it runs, and otherwise what the node left.</summary>
    private static string StoreOf(string path)
    {
        var file = TopologyFile.Find(path);
        var (read, problems) = TopologyParser.Parse(file, TopologyFile.Read(file));
        if (problems.Count > 0)
        {
            throw new CommandException($"{file}:{problems[0].Line}: {problems[0].Message}") { IsVerbatim = true };
        }

        var folder = RunFolder.Of(file);
        return read.State != Topology.EmbeddedState ? read.State
            : folder.IsHeld() ? $"redis+unix://{folder.NodeSocket}"
            : Embedded + folder.State;
    }
}
