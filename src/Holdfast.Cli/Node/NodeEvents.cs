namespace Holdfast.Cli.Node;

/// <summary>Writes the engine's and the node's events to standard error, one line each.</summary>
internal static class NodeEvents
{
    public static void Write(EngineEvent item)
    {
        if (item.Level > EngineEventLevel.Debug)
        {
            Console.Error.WriteLine($"{item.Level.ToString().ToLowerInvariant()} {item.Name}: {OnOneLine(item.Message)}");
        }
    }

    public static string OnOneLine(string message) => message.ReplaceLineEndings(" ");
}
