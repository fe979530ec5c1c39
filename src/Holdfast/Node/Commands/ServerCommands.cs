namespace Holdfast.Node;

/// <summary>COMMAND, which redis-cli asks for hints, and INFO.</summary>
internal static class ServerCommands
{
    public static readonly CommandSpec[] All =
    [
        new("command", -1, static (x, _) => x.Reply.Array(0))
        {
            Subcommands = CommandTable.Subcommands(
                new CommandSpec("command|docs", -2, static (x, _) => x.Reply.Map(0)),
                new CommandSpec("command|count", 2, static (x, _) => x.Reply.Integer(CommandTable.Count)),
                new CommandSpec("command|info", -2, static (x, _) => x.Reply.Array(0)),
                new CommandSpec("command|list", -2, static (x, _) => x.Reply.Array(0))),
        },
        new("info", -1, ServerReport.Run) { Order = CommandOrder.AfterAll },
    ];
}
