using System.Text.RegularExpressions;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;

namespace Holdfast.Cli.Prove.Comparison;

/// <summary>The shape of a page: its texts, links and forms by the elements that they stand in; elements of one name side by side are a list.</summary>
internal static partial class HtmlShape
{
    private static readonly string[] LeftOut = ["style", "svg", "template", "noscript"];
    private static readonly string[] Attributes = ["href", "src", "action", "method", "name", "value", "checked", "selected", "disabled", "content"];

    /// <summary>Deepest element that is looked into.</summary>
    private const int MaxDepth = 40;

    public static Shape Of(string html)
    {
        var page = new HtmlParser().ParseDocument(html);
        var parts = new List<KeyValuePair<string, Shape>>();
        foreach (var element in (IElement?[])[page.Head, page.Body])
        {
            if (element is { HasChildNodes: true })
            {
                parts.Add(KeyValuePair.Create(element.LocalName, Of(element, 0)));
            }
        }

        return new MapShape(parts);
    }

    private static Shape Of(IElement element, int depth)
    {
        var entries = new List<KeyValuePair<string, Shape>>();
        foreach (var attribute in element.Attributes)
        {
            if (Attributes.Contains(attribute.Name) || attribute.Name.StartsWith("data-", StringComparison.Ordinal))
            {
                entries.Add(KeyValuePair.Create($"@{attribute.Name}", (Shape)ScalarShape.OfText(attribute.Value)));
            }
        }

        var text = Spaces().Replace(string.Join(' ', element.ChildNodes.OfType<IText>().Select(static node => node.Data)), " ").Trim();
        var children = depth >= MaxDepth ? [] : element.Children.Where(static child => !LeftOut.Contains(child.LocalName)).ToArray();
        if (entries.Count == 0 && children.Length == 0)
        {
            return ScalarShape.OfText(text);
        }

        if (text.Length > 0)
        {
            entries.Add(KeyValuePair.Create("text", (Shape)ScalarShape.OfText(text)));
        }

        foreach (var group in children.GroupBy(NameOf))
        {
            Shape[] shapes = [.. group.Select(child => Of(child, depth + 1))];
            entries.Add(KeyValuePair.Create(group.Key, shapes.Length == 1 && !IsItem(group.First()) ? shapes[0] : new ListShape(shapes)));
        }

        return new MapShape(entries);
    }

    /// <summary>With its id, unless that may be another in each page.</summary>
    private static string NameOf(IElement element) =>
        element.Id is { Length: > 0 } id && PlainId().IsMatch(id) ? $"{element.LocalName}#{id}" : element.LocalName;

    /// <summary>What comes in lists is a list even when there is one of it.</summary>
    private static bool IsItem(IElement element) => element.LocalName is "li" or "tr" or "option" or "dt" or "dd";

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex("^[A-Za-z_-]{1,40}$")]
    private static partial Regex PlainId();
}
