namespace Holdfast.Node;

/// <summary>Commands about the connection itself.</summary>
internal static class ConnectionCommands
{
    public static readonly CommandSpec[] All =
    [
        new("ping", -1, Ping) { IsForSubscribers = true },
        new("echo", 2, static (x, command) => x.Reply.Bulk(command[1])),
        new("hello", -1, Hello.Run) { NeedsNoPassword = true },
        new("auth", -2, Auth) { NeedsNoPassword = true },
        new("quit", -1, Quit) { NeedsNoPassword = true, IsForSubscribers = true },
        new("reset", 1, Reset) { NeedsNoPassword = true, IsForSubscribers = true },
        new("select", 2, Select),
        new("client", -2, CommandSpec.Nothing) { Subcommands = ClientCommands.All },
    ];

    private static void Ping(Execution x, Command command)
    {
        if (command.Count > 2)
        {
            x.Reply.Error("ERR wrong number of arguments for 'ping' command");
        }
        else if (x.Session.IsSubscriber)
        {
            x.Reply.Array(2);
            x.Reply.Bulk("pong"u8);
            x.Reply.Bulk(command.Count == 2 ? command[1] : []);
        }
        else if (command.Count == 2)
        {
            x.Reply.Bulk(command[1]);
        }
        else
        {
            x.Reply.Simple("PONG"u8);
        }
    }

    private static void Auth(Execution x, Command command)
    {
        if (command.Count > 3)
        {
            x.Reply.Error("ERR syntax error");
            return;
        }

        var user = command.Count == 3 ? command[1] : "default"u8;
        if (command.Count == 2 && !x.Node.Password.IsRequired)
        {
            x.Reply.Error(
                "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?");
        }
        else if (x.Node.Password.Admits(user, command[^1]))
        {
            x.Session.IsAuthenticated = true;
            x.Reply.Ok();
        }
        else
        {
            x.Reply.Error(NodePassword.Refusal);
        }
    }

    private static void Quit(Execution x, Command command)
    {
        x.Reply.Ok();
        x.Session.IsLeaving = true;
    }

    private static void Reset(Execution x, Command command)
    {
        x.Session.Tracked.TurnOff();
        x.Node.Channels.Leave(x.Session);
        x.Session.Name = "";
        x.Session.Protocol = 2;
        x.Session.IsAuthenticated = x.Session.NeedsNoPassword;
        x.Reply.Protocol = 2;
        x.Reply.Simple("RESET"u8);
    }

    private static void Select(Execution x, Command command)
    {
        if (!Number.TryParse(command[1], out var database))
        {
            x.Reply.Error("ERR value is not an integer or out of range");
        }
        else if (database != 0)
        {
            x.Reply.Error("ERR DB index is out of range");
        }
        else
        {
            x.Reply.Ok();
        }
    }
}
