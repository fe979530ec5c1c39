using System.Text.Json;
using System.Text.Json.Nodes;
using System.Web;

namespace Holdfast.Cli.Prove.Recordings;

/// <summary>
/// Makes a scenario of what was recorded. What the prover's browser does by itself is left out: cookies, redirects, a page's images and scripts, and the
/// hidden inputs of forms. Values that came from an earlier answer are captured there, and a name that somebody registers under is new in each run.
/// </summary>
internal static class RecordedScenario
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

    /// <summary>Headers that mean something to an application and are its client's own; cookies and negotiation are the browser's.</summary>
    private static readonly string[] KeptHeaders = ["authorization", "x-requested-with", "x-api-key", "x-csrf-token", "x-xsrf-token", "idempotency-key"];

    private static readonly string[] AssetTypes = ["text/css", "text/javascript", "application/javascript", "application/wasm"];
    private static readonly string[] AssetKinds = ["image/", "font/", "audio/", "video/"];

    /// <summary>The scenario as YAML.</summary>
    /// <exception cref="FormatException">There is nothing to make one of.</exception>
    public static string Of(IReadOnlyList<RecordedExchange> exchanges)
    {
        var kept = Kept(exchanges);
        if (kept.Count == 0)
        {
            throw new FormatException("there is no request in it but for images, scripts and style sheets: record a user who does something");
        }

        var correlation = new Correlation();
        var steps = new List<StepDraft>();
        foreach (var exchange in kept.Take(Scenarios.Scenario.MaxRequests))
        {
            var step = StepOf(exchange, correlation);
            steps.Add(step);
            correlation.Take(step, exchange);
        }

        correlation.AddCaptures();
        return ScenarioText.Of(
            steps,
            "Recorded. It holds what was typed, passwords too: keep it as you keep those.",
            "{{unique}} is another text in each run; put it wherever the same value can't be used twice.");
    }

    private static List<RecordedExchange> Kept(IReadOnlyList<RecordedExchange> exchanges)
    {
        var kept = new List<RecordedExchange>();
        string? redirect = null;
        foreach (var exchange in exchanges.Where(static exchange => exchange.Status > 101 && Methods.Contains(exchange.Method)))
        {
            var isFollowed = exchange.Method == "GET" && exchange.Target == redirect;
            redirect = exchange.Status is >= 300 and < 400 ? exchange.Location : null;
            if (!isFollowed && !IsAsset(exchange))
            {
                kept.Add(exchange);
            }
        }

        return kept;
    }

    private static bool IsAsset(RecordedExchange exchange) =>
        exchange.Method == "GET"
        && (exchange.Target == "/favicon.ico"
            || (exchange.AnswerType is { } type && (AssetTypes.Contains(type) || AssetKinds.Any(kind => type.StartsWith(kind, StringComparison.Ordinal)))));

    private static StepDraft StepOf(RecordedExchange exchange, Correlation correlation)
    {
        var step = new StepDraft(exchange.Method, "");
        foreach (var (name, value) in exchange.Headers.Where(static header => KeptHeaders.Contains(header.Key, StringComparer.OrdinalIgnoreCase)))
        {
            step.Headers.Add(KeyValuePair.Create(name, correlation.Replace(value)));
        }

        if (exchange.Body is { Length: > 0 } body)
        {
            AddBody(step, exchange, body, correlation);
        }

        step.Target = correlation.ReplaceInTarget(exchange.Target);
        return step;
    }

    private static void AddBody(StepDraft step, RecordedExchange exchange, string body, Correlation correlation)
    {
        if (exchange.BodyType == "application/x-www-form-urlencoded")
        {
            var fields = HttpUtility.ParseQueryString(body);
            step.Form = [.. fields.AllKeys.OfType<string>()
                .Where(name => !correlation.IsHidden(name, fields[name] ?? ""))
                .Select(name => KeyValuePair.Create(name, correlation.ReplaceTyped(exchange, name, fields[name] ?? "")))];
        }
        else if (exchange.BodyType?.EndsWith("json", StringComparison.Ordinal) == true && TryParse(body) is { } json)
        {
            step.Json = Filled(json, "", exchange, correlation);
        }
        else
        {
            step.Body = body;
            if (exchange.BodyType is { } type)
            {
                step.Headers.Add(KeyValuePair.Create("Content-Type", type));
            }
        }
    }

    private static JsonNode? Filled(JsonNode? node, string name, RecordedExchange exchange, Correlation correlation) => node switch
    {
        JsonObject map => new JsonObject(map.Select(entry => KeyValuePair.Create(entry.Key, Filled(entry.Value, entry.Key, exchange, correlation)))),
        JsonArray list => new JsonArray([.. list.Select(item => Filled(item, name, exchange, correlation))]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => JsonValue.Create(correlation.ReplaceTyped(exchange, name, value.GetValue<string>())),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number && correlation.NameOfNumber(name, value.ToJsonString()) is { } capture => JsonValue.Create(capture),
        _ => node?.DeepClone(),
    };

    private static JsonNode? TryParse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
