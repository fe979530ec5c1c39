namespace Holdfast.Cli.Node;

/// <summary>Writes the engine's and the node's events to standard error, one line each.</summary>
internal static class NodeEvents
{
    public static void Write(EngineEvent item)
    {
        if (item.Level > EngineEventLevel.Debug)
        {
            try
            {
                Console.Error.WriteLine($"{item.Level.ToString().ToLowerInvariant()} {item.Name}: {OnOneLine(item.Message)}");
            }
            catch (IOException)
            {
                // Where it goes is full or gone: that is no reason to stop serving.
            }
        }
    }

    public static string OnOneLine(string message) => message.ReplaceLineEndings(" ");
}
