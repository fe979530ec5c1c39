using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Holdfast.Cli.Yaml;

/// <summary>Reads YAML into nodes, whatever text it is given.</summary>
internal static class YamlText
{
    /// <summary>Deepest nesting: the library's node loader is recursive, and nothing that people write by hand is so deep.</summary>
    private const int MaxDepth = 20;

    /// <summary>The one document's root, of what the title says that the text is; null and a problem when the text is no YAML, or not one document.</summary>
    public static (YamlNode? Root, YamlProblem? Problem) Read(string text, string title)
    {
        var parser = new Parser(new StringReader(text));
        try
        {
            if (TooDeep(parser) is { } line)
            {
                return (null, new YamlProblem(line, $"this is nested more than {MaxDepth} levels deep: {title} needs fewer"));
            }

            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            return yaml.Documents.Count == 1
                ? (yaml.Documents[0].RootNode, null)
                : (null, new YamlProblem(1, $"{title} is one document, not {yaml.Documents.Count}"));
        }
        catch (YamlException error)
        {
            return (null, new YamlProblem(LineOf(error, text), $"this is not YAML: {error.Message}"));
        }
        catch (InvalidOperationException)
        {
            // The library's own scanner gives up so on some texts, and tells no position.
            return (null, new YamlProblem((int)(parser.Current?.End.Line ?? 1), "this is not YAML: it can't be read from here on"));
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
        if (error.Message.Contains(" tab ", StringComparison.Ordinal))
        {
            var tabbed = Array.FindIndex(text.Split('\n'), static line => line.AsSpan(0, line.Length - line.AsSpan().TrimStart().Length).Contains('\t'));
            return tabbed + 1;
        }

        return Math.Max(1, (int)error.Start.Line);
    }
}
