using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Prove.Browsing;

/// <summary>What a step's request becomes with a run's values.</summary>
internal static class StepRequest
{
    /// <summary>The path and query. A captured path or URL of the site stands for itself; other values are escaped.</summary>
    public static string TargetOf(Step step, IReadOnlyDictionary<string, CapturedValue> values)
    {
        var text = step.Path.ToString();
        var target = text.StartsWith("{{", StringComparison.Ordinal)
            ? PathOf(step.Path.Render(values))
            : step.Path.Render(values, Uri.EscapeDataString);
        var query = string.Join('&', step.Query.Select(parameter =>
            $"{Uri.EscapeDataString(parameter.Name)}={Uri.EscapeDataString(parameter.Value.Render(values))}"));
        return query.Length == 0 ? target : target + (target.Contains('?') ? '&' : '?') + query;
    }

    /// <summary>The fields of a form: the page's hidden inputs, over which the step's own go.</summary>
    public static IEnumerable<KeyValuePair<string, string>> FieldsOf(
        FormBody form, IReadOnlyList<KeyValuePair<string, string>> hidden, IReadOnlyDictionary<string, CapturedValue> values)
    {
        var own = form.Fields.Select(input => KeyValuePair.Create(input.Name, input.Value.Render(values))).ToArray();
        return hidden.Where(input => own.All(mine => mine.Key != input.Key)).Concat(own);
    }

    private static string PathOf(string text) =>
        text.StartsWith('/') ? text
        : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url.PathAndQuery
        : "/" + Uri.EscapeDataString(text);
}
