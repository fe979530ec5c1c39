using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Holdfast.Cli.Prove.Browsing;

namespace Holdfast.Cli.Prove.Comparison;

/// <summary>Takes an answer apart: status, redirects, headers, cookies, and the body by its structure.</summary>
internal static class AnswerLeaves
{
    /// <summary>Most parts of one answer that are compared; the rest is not.</summary>
    public const int MaxLeaves = 2000;

    /// <summary>Most items of a list that are compared one by one; the list as a whole always is.</summary>
    public const int MaxItems = 50;

    /// <summary>What connections, caches and tracing put there, and what only repeats the body.</summary>
    private static readonly HashSet<string> LeftOutHeaders =
    [
        "age", "alt-svc", "cache-control", "cache-status", "connection", "content-length", "date", "etag", "expires", "keep-alive", "last-modified", "location",
        "nel", "report-to", "request-id", "server-timing", "traceparent", "tracestate", "transfer-encoding", "vary", "via",
        "x-amzn-trace-id", "x-cache", "x-correlation-id", "x-request-id", "x-response-time", "x-runtime", "x-served-by", "x-trace-id",
    ];

    public static IReadOnlyList<Leaf> Of(Answer answer)
    {
        var leaves = new List<Leaf>();
        for (var hop = 0; hop < answer.Hops.Count - 1; hop++)
        {
            leaves.Add(Text(Leaf.Redirect(hop), $"{answer.Hops[hop].Status} to {Redirect.Shown(answer.Hops[hop], answer.Hops[hop].Redirect)}"));
        }

        var last = answer.Last;
        leaves.Add(Text(Leaf.Status, last.Status == 0 ? answer.StatusText : last.Status.ToString(CultureInfo.InvariantCulture)));
        if (last.Header("location") is { } location)
        {
            leaves.Add(Text(Leaf.Header("location"), last.Location is null ? location : Redirect.Shown(last, last.Redirect)));
        }

        leaves.AddRange(last.Headers.Where(static header => !LeftOutHeaders.Contains(header.Key)).Select(static header => Text(Leaf.Header(header.Key), header.Value)));
        leaves.AddRange(answer.Set.GroupBy(static cookie => cookie.Name).Select(static cookies =>
            Text(Leaf.Cookie(cookies.Key), cookies.Last() is { IsRemoval: true } ? "removed" : cookies.Last().Value)));
        AddBody(leaves, last.Body);
        return leaves;
    }

    private static void AddBody(List<Leaf> leaves, ResponseBody body)
    {
        if (body.Bytes.Length == 0 || !body.IsWhole)
        {
            leaves.Add(Text("body", body.IsWhole ? "" : "(endless)"));
        }
        else if (JsonOf(body) is { } json)
        {
            Add(leaves, "$", json);
        }
        else if (body.IsHtml)
        {
            Add(leaves, "page", HtmlShape.Of(body.Text));
        }
        else if (body.IsText)
        {
            var lines = body.Text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
            Add(leaves, "body", lines.Length == 1 ? ScalarShape.OfText(lines[0]) : new ListShape([.. lines.Select(ScalarShape.OfText)]));
        }
        else
        {
            leaves.Add(Text("body", $"{body.Bytes.Length} bytes, SHA-256 {Convert.ToHexStringLower(SHA256.HashData(body.Bytes))}"));
        }
    }

    private static Shape? JsonOf(ResponseBody body)
    {
        // Many a service forgets to tell that it answers JSON.
        if (!body.IsJson && !(body.IsText && body.Bytes[0] is (byte)'{' or (byte)'['))
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(body.Bytes);
            return JsonShape.Of(json.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Add(List<Leaf> leaves, string path, Shape shape)
    {
        if (leaves.Count >= MaxLeaves)
        {
            return;
        }

        switch (shape)
        {
            case MapShape map:
                foreach (var (name, value) in map.Entries)
                {
                    Add(leaves, $"{path}.{name}", value);
                }

                break;
            case ListShape list:
                leaves.Add(new Leaf(path, list));
                for (var index = 0; index < Math.Min(list.Items.Count, MaxItems); index++)
                {
                    Add(leaves, $"{path}[{index}]", list.Items[index]);
                }

                break;
            default:
                leaves.Add(new Leaf(path, shape));
                break;
        }
    }

    private static Leaf Text(string path, string text) => new(path, ScalarShape.OfText(text));
}
