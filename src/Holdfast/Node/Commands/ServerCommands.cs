namespace Holdfast.Node;

/// <summary>COMMAND, which clients ask for hints and for the places of keys, and INFO.</summary>
internal static class ServerCommands
{
    public static readonly CommandSpec[] All =
    [
        new("command", -1, CommandReport.All) { Subcommands = CommandReport.Subcommands },
        new("info", -1, ServerReport.Run) { Order = CommandOrder.AfterAll },
    ];
}
