using System.Text;
using System.Text.Json;

namespace Holdfast.Cli.Prove.Recordings;

/// <summary>Reads an HTTP archive (HAR 1.2), as the developer tools of every browser save it.</summary>
internal static class HarFile
{
    /// <summary>The exchanges with the first page's origin; what a page fetched from elsewhere is not the application's.</summary>
    /// <exception cref="FormatException">It is no such archive.</exception>
    public static IReadOnlyList<RecordedExchange> Read(JsonElement root)
    {
        if (!root.TryGetProperty("log", out var log) || !log.TryGetProperty("entries", out var entries) || entries.ValueKind != JsonValueKind.Array)
        {
            throw new FormatException("it has no log.entries, which every HTTP archive has");
        }

        var all = entries.EnumerateArray()
            .Where(static entry => Text(entry, "request", "url") is { } url && Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https")
            .Select(static entry => (Url: new Uri(Text(entry, "request", "url")!), Entry: entry))
            .ToList();
        var origin = all.Count == 0 ? throw new FormatException("it has no request over HTTP: record while the application is used") : Origin(all[0].Url);
        return [.. all.Where(entry => Origin(entry.Url) == origin).Select(entry => Exchange(entry.Url, entry.Entry))];
    }

    private static RecordedExchange Exchange(Uri url, JsonElement entry)
    {
        var (request, response) = (entry.GetProperty("request"), entry.GetProperty("response"));
        return new RecordedExchange
        {
            Method = Text(request, "method")?.ToUpperInvariant() ?? "GET",
            Target = url.PathAndQuery,
            Headers = [.. Pairs(request, "headers")],
            BodyType = RecordedExchange.MediaType(Text(request, "postData", "mimeType")),
            Body = Text(request, "postData", "text") ?? FormOf(request),
            Status = response.TryGetProperty("status", out var status) && status.TryGetInt32(out var code) ? code : 0,
            Location = Text(response, "redirectURL") is { Length: > 0 } location && Uri.TryCreate(url, location, out var next) && Origin(next) == Origin(url) ? next.PathAndQuery : null,
            AnswerType = RecordedExchange.MediaType(Text(response, "content", "mimeType")),
            Answer = AnswerOf(response),
        };
    }

    /// <summary>Some browsers save a form as its fields alone.</summary>
    private static string? FormOf(JsonElement request) =>
        request.TryGetProperty("postData", out var data) && data.TryGetProperty("params", out _)
            ? string.Join('&', Pairs(data, "params").Select(static field => $"{Uri.EscapeDataString(field.Key)}={Uri.EscapeDataString(field.Value)}"))
            : null;

    private static string AnswerOf(JsonElement response)
    {
        var text = Text(response, "content", "text") ?? "";
        return Text(response, "content", "encoding") != "base64" ? text
            : Convert.TryFromBase64String(text, new byte[text.Length], out var length) && length > 0 ? Encoding.UTF8.GetString(Convert.FromBase64String(text))
            : "";
    }

    private static IEnumerable<KeyValuePair<string, string>> Pairs(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Where(static pair => Text(pair, "name") is not null).Select(static pair => KeyValuePair.Create(Text(pair, "name")!, Text(pair, "value") ?? ""))
            : [];

    private static string? Text(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return null;
            }
        }

        return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
    }

    private static string Origin(Uri url) => url.GetLeftPart(UriPartial.Authority);
}
