using System.Text.RegularExpressions;
using AngleSharp.Css.Parser;
using Holdfast.Cli.Yaml;

namespace Holdfast.Cli.Prove.Scenarios;

/// <summary>Reads one step.</summary>
/// <param name="section">The step.</param>
/// <param name="known">The names that earlier steps have captured; the step's own are added.</param>
internal sealed partial class StepParser(YamlSection section, HashSet<string> known)
{
    private static readonly string[] Keys = ["request", "json", "form", "body", "headers", "query", "times", "concurrently", "capture", "expect"];
    private static readonly string[] BodyKeys = ["json", "form", "body"];
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    /// <summary>The step; null, and a problem, when it has no request.</summary>
    public Step? Parse()
    {
        section.ExpectOnly(Keys);
        if (Request() is not var (method, path))
        {
            return null;
        }

        var step = new Step
        {
            Line = section.Line,
            Method = method,
            Path = path,
            Headers = Templates("headers"),
            Query = Templates("query"),
            Body = Body(),
            Times = section.Number("times", 1, Step.MaxTimes) ?? 1,
            Concurrently = section.Number("concurrently", 1, Step.MaxConcurrently) ?? 1,
            Captures = Captures(),
            ExpectedStatus = ExpectedStatus(),
        };
        foreach (var name in step.Names.Where(name => !known.Contains(name)))
        {
            var nearest = NearestName.Of(name, known);
            section.Report(section.Line, $"nothing before this step captures {{{{{name}}}}}: "
                + (nearest is null ? "capture it in an earlier step" : $"did you mean {{{{{nearest}}}}}, or does an earlier step miss a capture?"));
        }

        known.UnionWith(step.Captures.Select(static capture => capture.Name));
        return step;
    }

    private (string Method, Template Path)? Request()
    {
        if (section.Text("request") is not { } request)
        {
            if (!section.Keys.Contains("request"))
            {
                section.Report(section.Line, "a step has a request: a method and a path, such as GET /cart");
            }

            return null;
        }

        var line = section.LineOf("request");
        if (RequestLine().Match(request) is not { Success: true } match)
        {
            section.Report(line, $"a request is a method and a path, such as GET /cart, not '{request}'");
            return null;
        }

        var method = match.Groups[1].Value;
        if (!Methods.Contains(method))
        {
            section.Report(line, $"'{method}' is no method that is sent here: {string.Join(", ", Methods)} are");
        }

        return (method, new Template(match.Groups[2].Value));
    }

    private StepBody? Body()
    {
        var given = BodyKeys.Where(section.Keys.Contains).ToArray();
        if (given.Length > 1)
        {
            section.Report(section.LineOf(given[1]), $"a request has one body, not {string.Join(" and ", given)}: keep one of them");
        }

        return given.FirstOrDefault() switch
        {
            "json" => new JsonBody(YamlJson.Of(section.Node("json")!, section.Report)),
            "form" => new FormBody(Templates("form")),
            "body" when section.Text("body") is { } text => new TextBody(new Template(text)),
            _ => null,
        };
    }

    private List<NamedTemplate> Templates(string key)
    {
        var templates = new List<NamedTemplate>();
        if (section.Section(key) is { } values)
        {
            foreach (var name in values.Keys)
            {
                if (key == "headers" && !HeaderName().IsMatch(name))
                {
                    values.Report(values.LineOf(name), $"'{name}' can't be the name of a header");
                }
                else if (values.Value(name) is { } value)
                {
                    templates.Add(new NamedTemplate(name, new Template(value)));
                }
            }
        }

        return templates;
    }

    private List<Capture> Captures()
    {
        var captures = new List<Capture>();
        if (section.Section("capture") is not { } names)
        {
            return captures;
        }

        foreach (var name in names.Keys)
        {
            if (!CaptureName().IsMatch(name) || name == Template.Unique)
            {
                names.Report(names.LineOf(name), $"a value can't be captured as '{name}': a name is letters, digits, _ and -, and not {Template.Unique}");
            }
            else if (names.Text(name) is { } place && CaptureOf(name, place, names) is { } capture)
            {
                captures.Add(capture);
            }
        }

        return captures;
    }

    private static Capture? CaptureOf(string name, string place, YamlSection names)
    {
        var (source, rest) = place.Split(':', 2) switch
        {
            ["header", { Length: > 0 } header] => (CaptureSource.Header, header),
            ["cookie", { Length: > 0 } cookie] => (CaptureSource.Cookie, cookie),
            ["css", { Length: > 0 } selector] => (CaptureSource.Css, selector),
            _ => (CaptureSource.Json, place),
        };
        var problem = source switch
        {
            CaptureSource.Json when !place.StartsWith('$') =>
                $"'{place}' is no place in an answer: write a JSON path ($.id), header:NAME, cookie:NAME or css:SELECTOR",
            CaptureSource.Json when !JsonPath.IsValid(place) =>
                $"'{place}' is no JSON path that names one value: $.name, $['name'], $[0] and $[-1] can be put together",
            CaptureSource.Css when new CssSelectorParser().ParseSelector(CssPlace.Of(rest).Selector) is null => $"'{rest}' is no CSS selector",
            _ => null,
        };
        if (problem is null)
        {
            return new Capture(name, source, rest);
        }

        names.Report(names.LineOf(name), problem);
        return null;
    }

    private int? ExpectedStatus()
    {
        if (section.Section("expect") is not { } expect)
        {
            return null;
        }

        expect.ExpectOnly(["status"]);
        if (expect.Keys.Count == 0)
        {
            section.Report(section.LineOf("expect"), "expect is empty: give it a status, or remove it");
        }

        return expect.Number("status", 100, 599);
    }

    [GeneratedRegex(@"^([A-Za-z]+)\s+((?:/|\{\{).*)$")]
    private static partial Regex RequestLine();

    [GeneratedRegex(@"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
    private static partial Regex HeaderName();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_-]*$")]
    private static partial Regex CaptureName();
}
