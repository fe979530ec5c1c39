using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Holdfast.AspNetCore;

namespace Holdfast.Cli.Sessions;

/// <summary><c>holdfast sessions end</c>: one of a user's, all but one, all, or everybody's.</summary>
internal sealed class EndSessions
{
    private readonly Argument<string?> one = new("SESSION")
    {
        Description = "The session to end, by the id that 'sessions list' shows.", Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> user = SessionsCommand.UserOption(isRequired: false);
    private readonly Option<bool> all = new("--all") { Description = "Ends all of the user's sessions." };
    private readonly Option<string?> others = new("--others-than") { Description = "Ends all of the user's sessions but this one.", HelpName = "SESSION" };
    private readonly Option<bool> everybody = new("--everybody") { Description = "Ends the sessions of all users: for an emergency. Reads the whole store." };
    private readonly Option<bool> json = SessionsCommand.JsonOption();
    private readonly StoreChoice store = new();

    private EndSessions()
    {
    }

    public static Command Create() => new EndSessions().CreateCommand();

    private Command CreateCommand()
    {
        var command = new Command("end", "Ends signed-in sessions; on every instance that counts within a second.") { one, user, all, others, everybody, json };
        store.AddTo(command);
        command.Validators.Add(Validate);
        command.SetAction(RunAsync);
        return command;
    }

    private void Validate(CommandResult result)
    {
        SymbolResult?[] meant = [result.GetResult(one) is { Tokens.Count: > 0 } given ? given : null, result.GetResult(all), result.GetResult(others), result.GetResult(everybody)];
        if (meant.Count(static part => part is not null) != 1)
        {
            result.AddError("Say what to end: a SESSION, --all, --others-than SESSION, or --everybody.");
        }
        else if (result.GetResult(user) is null == result.GetResult(everybody) is null)
        {
            result.AddError("Say whose sessions to end: --user ID, or else --everybody.");
        }
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var ended = await SessionsCommand.WithDirectoryAsync(parsed, store, directory => EndAsync(parsed, directory, cancellationToken), cancellationToken);
        Console.WriteLine(
            parsed.GetValue(json) ? JsonSerializer.Serialize(new EndedSessions(ended), SessionsJson.Readable.EndedSessions)
            : ended == 1 ? "Ended 1 session."
            : $"Ended {ended} sessions.");
        return ExitCode.Done;
    }

    private async ValueTask<int> EndAsync(ParseResult parsed, SessionDirectory directory, CancellationToken cancellationToken)
    {
        var name = parsed.GetValue(user)!;
        if (parsed.GetValue(everybody))
        {
            return await directory.EndEverybodyAsync(cancellationToken);
        }

        if (parsed.GetValue(all))
        {
            return await directory.EndAllAsync(name, cancellationToken);
        }

        if (parsed.GetValue(others) is { } kept)
        {
            return await directory.EndOthersAsync(name, kept, cancellationToken);
        }

        var session = parsed.GetValue(one)!;
        return await directory.EndAsync(name, session, cancellationToken)
            ? 1
            : throw new CommandException($"user {name} has no session {session}: it may have ended; 'holdfast sessions list' shows those there are");
    }
}
