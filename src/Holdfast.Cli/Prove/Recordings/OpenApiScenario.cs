using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Holdfast.Cli.Prove.Recordings;

/// <summary>
/// Derives a walk from an OpenAPI 3 document: for each collection, create a thing, list the things, read it, change it, read it again, and in the end
/// delete it. Bodies come from the document's examples, defaults and schemas. What can't be called without knowing more is left out.
/// </summary>
internal static partial class OpenApiScenario
{
    /// <summary>The scenario as YAML.</summary>
    /// <exception cref="FormatException">There is nothing in the document to make one of.</exception>
    public static string Of(JsonObject document)
    {
        var samples = new SchemaSamples(document);
        var root = BasePath(document);
        var (steps, deletions) = (new List<StepDraft>(), new List<StepDraft>());
        var names = new HashSet<string>();
        var paths = (document["paths"] as JsonObject ?? []).Where(static path => path.Value is JsonObject).OrderBy(static path => path.Key.Count(static c => c == '/')).ToList();
        foreach (var (path, node) in paths.Where(static path => !path.Key.Contains('{', StringComparison.Ordinal)))
        {
            var item = paths.Find(other => OneParameter().Match(other.Key) is { Success: true } match && match.Groups["collection"].Value == path);
            var collection = new Collection(root + path, (JsonObject)node!, root + item.Key, item.Value as JsonObject, samples);
            collection.AddTo(steps, deletions, names);
        }

        steps.AddRange(deletions);
        return steps.Count > 0
            ? ScenarioText.Of(steps.Take(Scenarios.Scenario.MaxRequests), "Derived from an OpenAPI document. Sign in with a step of your own ahead of these, if the application asks for it.")
            : throw new FormatException("it has no path without parameters that can be called without signing in to something else: write a scenario, or record one");
    }

    /// <summary>The path of the first server.</summary>
    private static string BasePath(JsonObject document) =>
        (document["servers"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault()?["url"]?.GetValue<string>() is not { } url ? ""
        : Uri.TryCreate(url, UriKind.Absolute, out var absolute) && absolute.Scheme is "http" or "https" ? absolute!.AbsolutePath.TrimEnd('/')
        : url.TrimEnd('/');

    [GeneratedRegex(@"^(?<collection>.*)/\{[^{}/]+\}$")]
    private static partial Regex OneParameter();

    /// <summary>The operations of one kind of thing.</summary>
    private sealed record Collection(string Path, JsonObject Operations, string ItemPath, JsonObject? Item, SchemaSamples Samples)
    {
        public void AddTo(List<StepDraft> steps, List<StepDraft> deletions, HashSet<string> names)
        {
            var creation = Step(Operations, "post", Path);
            if (creation is not null)
            {
                steps.Add(creation);
            }

            if (Step(Operations, "get", Path) is { } list)
            {
                steps.Add(list);
            }

            if (creation is null || Item is null || !TryCapture(creation, names, out var target))
            {
                return;
            }

            foreach (var method in (string[])["get", "put", "patch", "get"])
            {
                // The second reading is for the change.
                if (Step(Item, method, target) is { } step && (method != "get" || steps[^1].Method != "GET" || steps[^1].Target != target))
                {
                    steps.Add(step);
                }
            }

            if (Step(Item, "delete", target) is { } deletion)
            {
                deletions.Add(deletion);
                deletions.AddRange(Step(Operations, "get", Path) is { } after ? [after] : []);
            }
        }

        /// <summary>Where the created thing is, by the identifier in the answer to its creation.</summary>
        private bool TryCapture(StepDraft creation, HashSet<string> names, out string target)
        {
            target = "";
            var parameter = ItemPath[(ItemPath.LastIndexOf('{') + 1)..^1];
            var answer = Samples.AnswerOf(Operations["post"] as JsonObject);
            var property = answer?.Select(static entry => entry.Key).FirstOrDefault(name => name.Equals(parameter, StringComparison.OrdinalIgnoreCase))
                ?? answer?.Select(static entry => entry.Key).FirstOrDefault(static name => name.Equals("id", StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                return false;
            }

            var name = $"{Path.Trim('/').Split('/')[^1].Replace('-', '_').Replace('.', '_')}_{property}";
            if (!names.Add(name))
            {
                return false;
            }

            creation.Captures[name] = $"$.{property}";
            target = $"{Path}/{{{{{name}}}}}";
            return true;
        }

        private StepDraft? Step(JsonObject operations, string method, string target)
        {
            if (operations[method] is not JsonObject operation || Samples.QueryOf(operations, operation) is not { } query)
            {
                return null;
            }

            var body = operation["requestBody"];
            var json = body is null ? null : Samples.BodyOf(body);
            var isRequired = (Samples.Resolve(body) as JsonObject)?["required"]?.GetValueKind() == System.Text.Json.JsonValueKind.True;
            return body is not null && json is null && isRequired ? null : new StepDraft(method.ToUpperInvariant(), target + query) { Json = json };
        }
    }
}
