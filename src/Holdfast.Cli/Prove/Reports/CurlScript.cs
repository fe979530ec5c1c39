using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Holdfast.Cli.Prove.Diagnosis;
using Holdfast.Cli.Prove.Runs;
using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Prove.Reports;

/// <summary>A shell script that shows a finding with curl, for who wants to see it with their own eyes.</summary>
internal static partial class CurlScript
{
    private const int FirstPort = 3001;

    public static string Of(Finding finding)
    {
        var script = new StringBuilder();
        var places = finding.Witness.Schedule.Places;
        script.AppendLine("#!/bin/sh");
        script.AppendLine(CultureInfo.InvariantCulture, $"# {FindingKindJson.Text(finding.Kind)}: {finding.Request} shows it. Start these copies of the application first, each in a folder of its own.");
        foreach (var instance in places.Select(static place => place.Instance).Distinct().Order())
        {
            script.AppendLine(CultureInfo.InvariantCulture, $"instance{instance + 1}=http://127.0.0.1:{FirstPort + instance}");
        }

        script.AppendLine("jar=$(mktemp)");
        script.AppendLine("unique=u$(date +%s)");
        foreach (var instance in places.Where(static place => place.Spreads).Select(static place => place.Instance + 1).Except(places.Select(static place => place.Instance)))
        {
            script.AppendLine(CultureInfo.InvariantCulture, $"instance{instance + 1}=http://127.0.0.1:{FirstPort + instance}");
        }

        var requests = finding.Witness.Walk.Requests;
        for (var index = 0; index < requests.Count; index++)
        {
            var isAtOnce = finding.Witness.IsAtOnce(index);
            Add(script, requests[index].Step, places[index], isAtOnce);
            if (isAtOnce && (index == requests.Count - 1 || !finding.Witness.IsAtOnce(index + 1)))
            {
                script.AppendLine("wait");
            }
        }

        script.AppendLine(CultureInfo.InvariantCulture, $"# At {finding.Witness.Leaf.Path} expected: {OneLine(finding.Witness.Leaf.Expected.Shown)}");
        script.AppendLine(CultureInfo.InvariantCulture, $"# got: {OneLine(finding.Witness.Leaf.Got)}");
        return script.ToString();
    }

    private static void Add(StringBuilder script, Step step, Place place, bool isAtOnce)
    {
        if (place.Pause > TimeSpan.Zero)
        {
            script.AppendLine(CultureInfo.InvariantCulture, $"sleep {place.Pause.TotalSeconds:0.#}");
        }

        if (place.Before != Disturbance.None && !place.Spreads)
        {
            script.AppendLine(CultureInfo.InvariantCulture, $"printf '{TextOf(place)}, wait until it is ready, and press return: '; read -r _");
        }

        var call = new StringBuilder($"curl -sS {(place.Spreads ? "-o /dev/null -w '%{redirect_url}'" : "-L")} -b \"$jar\"{(isAtOnce ? "" : " -c \"$jar\"")}");
        if (step.Method != "GET")
        {
            call.Append(" -X ").Append(step.Method);
        }

        foreach (var header in step.Headers)
        {
            call.Append(" -H ").Append(Quoted($"{header.Name}: {header.Value}"));
        }

        AddBody(call, step.Body);
        var query = string.Join('&', step.Query.Select(static parameter => $"{parameter.Name}={parameter.Value}"));
        var target = step.Path + (query.Length == 0 ? "" : (step.Path.ToString().Contains('?', StringComparison.Ordinal) ? "&" : "?") + query);
        call.Append(CultureInfo.InvariantCulture, $" \"$instance{place.Instance + 1}\"").Append(Quoted(target));
        if (isAtOnce)
        {
            script.AppendLine(CultureInfo.InvariantCulture, $"{call} &");
            return;
        }

        script.AppendLine(CultureInfo.InvariantCulture, $"answer=$({call})");
        if (place.Spreads)
        {
            // What it redirects to is asked of another instance.
            script.AppendLine(CultureInfo.InvariantCulture, $"answer=$(curl -sS -L -b \"$jar\" -c \"$jar\" \"$instance{place.Instance + 2}/${{answer#*://*/}}\")");
        }

        script.AppendLine("printf '%s\\n' \"$answer\"");
        foreach (var capture in step.Captures)
        {
            script.AppendLine(capture.Source == CaptureSource.Json
                ? $"{Variable(capture.Name)}=$(printf '%s' \"$answer\" | jq -r {Quoted($".{capture.Place[1..].TrimStart('.')}")})"
                : $"printf '{capture.Name} ({capture.Text.Replace("'", "", StringComparison.Ordinal)}): '; read -r {Variable(capture.Name)}");
        }
    }

    private static string TextOf(Place place) => place.Before switch
    {
        Disturbance.Replace => $"Now start instance {place.Instance + 1} in a fresh folder, and then end all others",
        Disturbance.Kill or Disturbance.Lose => $"Now kill instance {place.Instance + 1} (kill -9) and start it again",
        _ => $"Now stop instance {place.Instance + 1} and start it again",
    };

    private static void AddBody(StringBuilder call, StepBody? body)
    {
        switch (body)
        {
            case JsonBody json:
                call.Append(" -H 'Content-Type: application/json' --data ").Append(Quoted(json.Value?.ToJsonString() ?? "null"));
                break;
            case FormBody form:
                foreach (var field in form.Fields)
                {
                    call.Append(" --data-urlencode ").Append(Quoted($"{field.Name}={field.Value}"));
                }

                break;
            case TextBody text:
                call.Append(" --data ").Append(Quoted(text.Text.ToString()));
                break;
        }
    }

    /// <summary>A word of the shell, with names in braces as its variables.</summary>
    private static string Quoted(string text) =>
        "'" + Placeholder().Replace(text.Replace("'", "'\\''", StringComparison.Ordinal), static match => $"'\"${Variable(match.Groups[1].Value)}\"'") + "'";

    private static string Variable(string name) => name.Replace('-', '_');

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    [GeneratedRegex(@"\{\{\s*([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}")]
    private static partial Regex Placeholder();
}
