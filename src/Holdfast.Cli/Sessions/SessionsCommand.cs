using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Holdfast.AspNetCore;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Cli.Sessions;

/// <summary><c>holdfast sessions</c>: who is signed in where, asked of the store itself. No instance needs to run.</summary>
internal static class SessionsCommand
{
    public static Command Create() =>
        new("sessions", "Lists and ends the signed-in sessions of a user, in a store.") { CreateList(), EndSessions.Create() };

    /// <summary>Does something with the directory of the store that the line chooses.</summary>
    public static async Task<T> WithDirectoryAsync<T>(
        ParseResult parsed, StoreChoice store, Func<SessionDirectory, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var engine = await store.OpenAsync(parsed, cancellationToken);
            return await work(new SessionDirectory(engine, NullLogger<SessionDirectory>.Instance));
        }
        catch (StateException fault)
        {
            throw new CommandException(fault.Message);
        }
    }

    public static Option<string> UserOption(bool isRequired)
    {
        var user = new Option<string>("--user") { Description = "The user's id, as the application has it.", HelpName = "ID", Required = isRequired };
        user.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: "" }])
            {
                result.AddError("--user is empty: name a user.");
            }
        });
        return user;
    }

    public static Option<bool> JsonOption() => new("--json") { Description = "Prints one JSON object, for scripts." };

    private static Command CreateList()
    {
        var user = UserOption(isRequired: true);
        var json = JsonOption();
        var store = new StoreChoice();
        var command = new Command("list", "Shows a user's signed-in sessions, the latest sign-in first.") { user, json };
        store.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var name = parsed.GetValue(user)!;
            var sessions = await WithDirectoryAsync(parsed, store, directory => directory.ListAsync(name, cancellationToken), cancellationToken);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(new ListedSessions(name, sessions), SessionsJson.Readable.ListedSessions));
            }
            else
            {
                TextTable.Print(["ID", "DEVICE", "ADDRESS", "CREATED", "LAST SEEN", "EXPIRES"], sessions.Select(RowOf));
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static string[] RowOf(SignedInSession session) =>
        [session.Id, session.Device, session.NetworkAddress ?? "", Format(session.Created), session.LastSeen is { } seen ? Format(seen) : "", Format(session.Expires)];

    private static string Format(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
