using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Holdfast.Cli.Topologies;

/// <summary>Reads YAML into nodes, whatever text it is given.</summary>
internal static class YamlText
{
    /// <summary>Deepest nesting: the library's node loader is recursive, and a topology has four levels.</summary>
    private const int MaxDepth = 20;

    /// <summary>The one document's root; null and a problem when the text is no YAML, or not one document.</summary>
    public static (YamlNode? Root, TopologyProblem? Problem) Read(string text)
    {
        var parser = new Parser(new StringReader(text));
        try
        {
            if (TooDeep(parser) is { } line)
            {
                return (null, new TopologyProblem(line, $"this is nested more than {MaxDepth} levels deep: a topology has four"));
            }

            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            return yaml.Documents.Count == 1
                ? (yaml.Documents[0].RootNode, null)
                : (null, new TopologyProblem(1, $"a topology is one document, not {yaml.Documents.Count}"));
        }
        catch (YamlException error)
        {
            return (null, new TopologyProblem(LineOf(error, text), $"this is not YAML: {error.Message}"));
        }
        catch (InvalidOperationException)
        {
            // The library's own scanner gives up so on some texts, and tells no position.
            return (null, new TopologyProblem((int)(parser.Current?.End.Line ?? 1), "this is not YAML: it can't be read from here on"));
        }
    }

    private static int? TooDeep(Parser parser)
    {
        var depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current!.NestingIncrease;
            if (depth > MaxDepth && parser.Current is MappingStart or SequenceStart)
            {
                return (int)parser.Current.Start.Line;
            }
        }

        return null;
    }

    /// <summary>A tab is reported where the mapping begins that it indents.</summary>
    private static int LineOf(YamlException error, string text)
    {
        if (error.Message.Contains("tab as indentation", StringComparison.Ordinal))
        {
            var tabbed = Array.FindIndex(text.Split('\n'), static line => line.AsSpan(0, line.Length - line.AsSpan().TrimStart().Length).Contains('\t'));
            return tabbed + 1;
        }

        return Math.Max(1, (int)error.Start.Line);
    }
}
