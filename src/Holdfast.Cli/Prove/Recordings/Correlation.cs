using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Prove.Recordings;

/// <summary>
/// What earlier answers told that later requests use: identifiers, tokens and addresses that are others in each run. They are captured where they came
/// from, under names made from where they stood, as soon as something uses them.
/// </summary>
internal sealed partial class Correlation
{
    /// <summary>Texts that are shorter may be equal by chance; as identifiers they count from one character.</summary>
    private const int MinTokenLength = 8;

    /// <summary>Fields in which somebody chooses a name for themselves, where they register.</summary>
    private static readonly string[] ChosenNames = ["user", "username", "login", "email", "mail", "name", "account", "nick", "nickname"];

    private readonly List<Source> sources = [];
    private readonly HashSet<(string Name, string Value)> hidden = [];
    private readonly Dictionary<string, string> chosen = new(StringComparer.Ordinal);
    private readonly HashSet<string> names = [Template.Unique];

    /// <summary>Whether the field was a hidden input of a page, which the prover's browser carries along by itself.</summary>
    public bool IsHidden(string name, string value) => hidden.Contains((name, value));

    /// <summary>The text, with what an earlier answer told in it replaced by a name.</summary>
    public string Replace(string text)
    {
        if (chosen.TryGetValue(text, out var typed))
        {
            return typed;
        }

        var space = text.LastIndexOf(' ');
        return Find(text, MinTokenLength) is { } whole ? whole
            : space > 0 && Find(text[(space + 1)..], MinTokenLength) is { } token ? text[..(space + 1)] + token
            : text;
    }

    /// <summary>What somebody typed: where they register, a name that they chose is another in each run.</summary>
    public string ReplaceTyped(RecordedExchange exchange, string name, string value)
    {
        if (exchange.Method == "POST" && value.Length > 0 && !chosen.ContainsKey(value)
            && Registration().IsMatch(exchange.Target) && ChosenNames.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            var at = value.IndexOf('@', StringComparison.Ordinal);
            chosen[value] = at > 0 ? $"{{{{unique}}}}{value[at..]}" : "{{unique}}";
        }

        return IsIdentifier(name) && Find(value, 1) is { } known ? known : Replace(value);
    }

    /// <summary>The name in braces of a number that is an identifier which an answer told; null when it is none.</summary>
    public string? NameOfNumber(string name, string number) => IsIdentifier(name) ? Find(number, 1) : null;

    /// <summary>The path and query, with the parts replaced that an answer told.</summary>
    public string ReplaceInTarget(string target)
    {
        if (sources.FindLast(source => source.IsAddress && source.Value == target) is { } address)
        {
            return Use(address);
        }

        var (path, query) = target.Split('?', 2) is [var before, var after] ? (before, after) : (target, null);
        var parts = path.Split('/').Select(part => Find(Uri.UnescapeDataString(part), MinTokenLength) ?? (IsNumber(part) ? Find(part, 1) : null) ?? Chosen(part) ?? part);
        var fields = query?.Split('&').Select(field => field.Split('=', 2) is [var name, { Length: > 0 } value]
            ? $"{name}={Find(Uri.UnescapeDataString(value), IsIdentifier(name) ? 1 : MinTokenLength) ?? Chosen(value) ?? value}"
            : field);
        return string.Join('/', parts) + (fields is null ? "" : "?" + string.Join('&', fields));
    }

    /// <summary>Remembers what the answer to a step told.</summary>
    public void Take(StepDraft step, RecordedExchange exchange)
    {
        if (exchange.Location is { } location && exchange.Status == 201)
        {
            sources.Add(new Source(step, location, "header:Location", "location", IsAddress: true));
        }

        if (exchange.AnswerType?.EndsWith("json", StringComparison.Ordinal) == true)
        {
            TakeJson(step, exchange.Answer);
        }
        else if (exchange.AnswerType == "text/html")
        {
            TakePage(step, exchange.Answer);
        }
    }

    /// <summary>Writes the captures that something uses into the steps whose answers they are taken from.</summary>
    public void AddCaptures()
    {
        foreach (var source in sources.Where(static source => source.Name is not null))
        {
            source.Step.Captures[source.Name!] = source.Place;
        }
    }

    private string? Chosen(string part) => chosen.GetValueOrDefault(Uri.UnescapeDataString(part));

    private void TakeJson(StepDraft step, string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            TakeJson(step, document.RootElement, "$", "");
        }
        catch (JsonException)
        {
            // It says that it is JSON and is not.
        }
    }

    private void TakeJson(StepDraft step, JsonElement element, string path, string name)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject().Where(static property => PlainName().IsMatch(property.Name)))
                {
                    TakeJson(step, property.Value, $"{path}.{property.Name}", property.Name);
                }

                break;
            case JsonValueKind.Array:
                for (var index = 0; index < element.GetArrayLength(); index++)
                {
                    TakeJson(step, element[index], string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]"), name);
                }

                break;
            case JsonValueKind.String:
                sources.Add(new Source(step, element.GetString()!, path, name, IsAddress: false));
                break;
            case JsonValueKind.Number when IsIdentifier(name):
                sources.Add(new Source(step, element.GetRawText(), path, name, IsAddress: false));
                break;
        }
    }

    private void TakePage(StepDraft step, string html)
    {
        var page = new HtmlParser().ParseDocument(html);
        foreach (var input in page.QuerySelectorAll("input[type=hidden][name]").OfType<IHtmlInputElement>())
        {
            hidden.Add((input.GetAttribute("name")!, input.GetAttribute("value") ?? ""));
        }

        foreach (var tag in page.QuerySelectorAll("meta[name*=csrf i][content]"))
        {
            var name = tag.GetAttribute("name")!;
            sources.Add(new Source(step, tag.GetAttribute("content")!, $"css:meta[name=\"{name}\"]@content", name, IsAddress: false));
        }
    }

    private string? Find(string value, int minLength) =>
        value.Length >= minLength && sources.FindLast(source => source.Value == value) is { } source ? Use(source) : null;

    private string Use(Source source)
    {
        source.Name ??= NewName(source.Hint);
        return $"{{{{{source.Name}}}}}";
    }

    private string NewName(string hint)
    {
        var stem = NoName().Replace(hint, "_") is { Length: > 0 } plain && !char.IsAsciiDigit(plain[0]) ? plain : "value";
        var name = stem;
        for (var number = 2; !names.Add(name); number++)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{stem}{number}");
        }

        return name;
    }

    private static bool IsIdentifier(string name) => name.EndsWith("id", StringComparison.OrdinalIgnoreCase);

    private static bool IsNumber(string part) => part.Length > 0 && part.All(char.IsAsciiDigit);

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_-]*$")]
    private static partial Regex PlainName();

    [GeneratedRegex("[^A-Za-z0-9_-]")]
    private static partial Regex NoName();

    [GeneratedRegex("regist|sign-?up|accounts?$|users?$|join", RegexOptions.IgnoreCase)]
    private static partial Regex Registration();

    /// <summary>A value that an answer told.</summary>
    private sealed record Source(StepDraft Step, string Value, string Place, string Hint, bool IsAddress)
    {
        /// <summary>The name that it is captured under, once something uses it.</summary>
        public string? Name { get; set; }
    }
}
