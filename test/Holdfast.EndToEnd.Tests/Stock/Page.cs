using System.Net;
using System.Text.RegularExpressions;

namespace Holdfast.EndToEnd.Tests.Stock;

/// <summary>A page as the browser shows it.</summary>
internal sealed partial record Page(HttpStatusCode Status, string Path, string Html)
{
    /// <summary>The text of the element with that id; null when there is none.</summary>
    public string? Text(string id) =>
        Regex.Match(Html, $"<(\\w+)[^>]* id=\"{id}\"[^>]*>(.*?)</\\1>", RegexOptions.Singleline) is { Success: true } element
            ? Plain(element.Groups[2].Value)
            : null;

    /// <summary>The texts of the elements of that class.</summary>
    public IReadOnlyList<string> Texts(string type) =>
        [.. Regex.Matches(Html, $"<(\\w+)[^>]* class=\"{type}\"[^>]*>(.*?)</\\1>", RegexOptions.Singleline).Select(static element => Plain(element.Groups[2].Value))];

    /// <summary>The values of a form's fields by name.</summary>
    public Dictionary<string, string> FieldsOf(string form)
    {
        var fields = new Dictionary<string, string>();
        foreach (var input in Input().Matches(Form(form)).Select(static match => match.Value))
        {
            if (Attribute(input, "name") is { } name)
            {
                fields[name] = Attribute(input, "value") ?? "";
            }
        }

        return fields;
    }

    /// <summary>Where a form is sent.</summary>
    public string ActionOf(string form) => Attribute(Opening().Match(Form(form)).Value, "action") ?? Path;

    private static string? Attribute(string tag, string name) =>
        Regex.Match(tag, $" {name}=\"([^\"]*)\"") is { Success: true } attribute ? WebUtility.HtmlDecode(attribute.Groups[1].Value) : null;

    private static string Plain(string html) => WebUtility.HtmlDecode(Tag().Replace(html, "")).Trim();

    private string Form(string id) =>
        Regex.Match(Html, $"<form[^>]* id=\"{id}\".*?</form>", RegexOptions.Singleline) is { Success: true } form
            ? form.Value
            : throw new InvalidOperationException($"{Path} ({(int)Status}) has no form {id}:\n{Html}");

    [GeneratedRegex("<input[^>]*>")]
    private static partial Regex Input();

    [GeneratedRegex("<form[^>]*>")]
    private static partial Regex Opening();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();
}
