using System.Globalization;
using System.Net;
using System.Text;
using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Diagnosis;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Reports;

/// <summary>The result as one page that needs nothing else: to mail, to print, to read in the dark.</summary>
internal static class HtmlReport
{
    /// <summary>Most runs of an arm whose way over the instances is drawn; those that differ come first.</summary>
    private const int MaxDrawnRuns = 6;

    public static string Of(ProofResult result, string what, DateTimeOffset now)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        page.Append(CultureInfo.InvariantCulture, $"<title>{EnumText.Of(result.Verdict)}: {Encode(what)}</title><style>{ReportStyle.Css}</style></head><body><main>");
        AddVerdict(page, result, what, now);
        AddFindings(page, result);
        if (result is { Walk: { } walk, Expectation: { } expectation })
        {
            // Runs that leave requests out show less on purpose, and what the whole scenario shows is no measure of them.
            var judged = result.Runs.Where(run => run.Walk.IsLike(walk)).Select(run => (Run: run, Deviations: DeviationsOf(run, expectation))).ToList();
            AddMatrix(page, result, walk, judged);
            AddTimeline(page, walk, judged);
        }

        AddNoise(page, result);
        return page.Append("</main></body></html>\n").ToString();
    }

    /// <summary>What differs in a run. Answers of requests that were sent at once may differ in their order.</summary>
    private static ILookup<int, Deviation> DeviationsOf(Run run, Expectation expectation)
    {
        var overlapping = run.Schedule.IsConcurrent ? run.Walk.Requests.GroupBy(static request => request.Group).Where(static group => group.Skip(1).Any()).SelectMany(static group => group).Select(static request => request.Ordinal).ToHashSet() : [];
        return expectation.Check(RunReadings.Of(run)).Where(deviation => !overlapping.Contains(deviation.Ordinal)).ToLookup(static deviation => deviation.Ordinal);
    }

    private static void AddVerdict(StringBuilder page, ProofResult result, string what, DateTimeOffset now)
    {
        page.Append(CultureInfo.InvariantCulture, $"<header class=\"{EnumText.Of(result.Verdict)}\"><p>{Encode(what)}</p><h1>{EnumText.Of(result.Verdict)}</h1><p>{Encode(result.Reason)}</p></header>");
        page.Append("<dl>");
        AddTime(page, "Start", result.Timings.Start, "from the start of the process to its first answer");
        AddTime(page, "Stop", result.Timings.Stop, "from SIGTERM until nothing of it is left");
        AddTime(page, "Recovery", result.Timings.Recovery, "from SIGKILL to the first answer of its successor");
        if (result.Timings.Requests is { } requests)
        {
            page.Append(CultureInfo.InvariantCulture, $"<div><dt title=\"of the requests that were sent to an instance while it was asked to end\">Failed while stopping</dt><dd>{result.Timings.Errors} of {requests} requests</dd></div>");
        }

        page.Append(CultureInfo.InvariantCulture, $"<div><dt>Proof</dt><dd>{result.Time.TotalSeconds:0} s, {result.Runs.Count} runs, {now:yyyy-MM-dd HH:mm} UTC</dd></div></dl>");
    }

    private static void AddTime(StringBuilder page, string name, TimeSpan? time, string meaning)
    {
        if (time is { } known)
        {
            page.Append(CultureInfo.InvariantCulture, $"<div><dt title=\"{meaning}\">{name}</dt><dd>{known.TotalMilliseconds:0} ms</dd></div>");
        }
    }

    private static void AddFindings(StringBuilder page, ProofResult result)
    {
        foreach (var finding in result.Findings)
        {
            page.Append(CultureInfo.InvariantCulture, $"<section class=\"finding\"><h2>{FindingKindJson.Text(finding.Kind)}</h2><p>Shows in: {string.Join(", ", finding.Arms.Select(EnumText.Of))}</p><ol>");
            foreach (var step in finding.Smallest)
            {
                page.Append(CultureInfo.InvariantCulture, $"<li><code>{Encode(step.Request)}</code> on instance <b class=\"i{step.Instance % 4}\">{step.Instance}</b>{(step.AtOnce ? ", at once with others" : "")}");
                page.Append(step.Before is null ? "</li>" : $", after a {Encode(step.Before)}</li>");
            }

            page.Append(CultureInfo.InvariantCulture, $"</ol><table><tr><th>Field</th><td><code>{Encode(finding.Witness.Leaf.Path)}</code></td></tr>");
            page.Append(CultureInfo.InvariantCulture, $"<tr><th>Expected</th><td><code>{Encode(finding.Witness.Leaf.Expected.Shown)}</code></td></tr><tr><th>Got</th><td><code>{Encode(finding.Witness.Leaf.Got)}</code></td></tr>");
            if (finding.Mechanism is { } mechanism)
            {
                page.Append(CultureInfo.InvariantCulture, $"<tr><th>Likely cause</th><td>{Encode(mechanism)}</td></tr>");
            }

            page.Append(CultureInfo.InvariantCulture, $"<tr><th>Remedy</th><td>{Encode(finding.Remedy)}</td></tr></table>");
            page.Append(CultureInfo.InvariantCulture, $"<h3>See it with curl</h3><pre>{Encode(CurlScript.Of(finding))}</pre></section>");
        }
    }

    /// <summary>How many of an arm's runs of each step came out as they should.</summary>
    private static void AddMatrix(StringBuilder page, ProofResult result, Walk walk, List<(Run Run, ILookup<int, Deviation> Deviations)> judged)
    {
        page.Append("<section><h2>Arms and steps</h2><div class=\"wide\"><table class=\"matrix\"><thead><tr><th>Step</th>");
        var arms = result.Arms.Where(static arm => arm.Runs > 0).ToList();
        foreach (var arm in arms)
        {
            page.Append(CultureInfo.InvariantCulture, $"<th>{EnumText.Of(arm.Arm)}<br><small>{arm.Runs} runs</small></th>");
        }

        page.Append("</tr></thead><tbody>");
        foreach (var request in walk.Requests)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><th><code>{Encode(request.Step.Request)}</code></th>");
            foreach (var arm in arms)
            {
                AddCell(page, [.. judged.Where(run => run.Run.Arm == arm.Arm && run.Run.Walk.Requests.Contains(request)).Select(run => run.Deviations[request.Ordinal].ToList())]);
            }

            page.Append("</tr>");
        }

        page.Append("</tbody></table></div>");
        foreach (var arm in result.Arms.Where(static arm => arm.IsLeftOut && arm.Missed.Length > 0))
        {
            page.Append(CultureInfo.InvariantCulture, $"<p>{(arm.Runs == 0 ? "Without" : "Cut short:")} {EnumText.Of(arm.Arm)}: {Encode(arm.Missed)}.</p>");
        }

        page.Append("</section>");
    }

    private static void AddCell(StringBuilder page, List<List<Deviation>> runs)
    {
        var bad = runs.Count(static deviations => deviations.Count > 0);
        if (runs.Count == 0)
        {
            page.Append("<td class=\"none\">not sent</td>");
        }
        else if (bad == 0)
        {
            page.Append("<td class=\"good\">same</td>");
        }
        else
        {
            var example = runs.First(static deviations => deviations.Count > 0)[0];
            page.Append(CultureInfo.InvariantCulture, $"<td class=\"bad\">{bad} of {runs.Count} differ<br><small><code>{Encode(example.Path)}</code>: {Encode(example.Expected)} → {Encode(example.Got)}</small></td>");
        }
    }

    /// <summary>Which instance answered what, in some runs of each arm.</summary>
    private static void AddTimeline(StringBuilder page, Walk walk, List<(Run Run, ILookup<int, Deviation> Deviations)> judged)
    {
        page.Append("<section><h2>Who answered</h2><p>A row is a run, a box an answer, its number the instance; ring: the answer differed; ↻ the instance was restarted before, ✕ killed, ⇄ new, and all others ended.</p><div class=\"wide\"><table class=\"timeline\">");
        foreach (var arm in judged.GroupBy(static run => run.Run.Arm).OrderBy(static arm => arm.Key))
        {
            foreach (var (run, deviations) in arm.OrderByDescending(static run => run.Deviations.Count).Take(MaxDrawnRuns))
            {
                page.Append(CultureInfo.InvariantCulture, $"<tr><th>{EnumText.Of(arm.Key)}</th><td>");
                foreach (var (request, place) in run.Walk.Requests.Zip(run.Schedule.Places))
                {
                    AddBox(page, request, place, deviations.Contains(request.Ordinal));
                }

                page.Append("</td></tr>");
            }
        }

        page.Append(CultureInfo.InvariantCulture, $"</table></div><p>{walk.Requests.Count} requests make the whole scenario; runs that look for the smallest one leave some out, and are not shown.</p></section>");
    }

    private static void AddBox(StringBuilder page, WalkRequest request, Place place, bool differs)
    {
        var before = place.Before switch
        {
            Disturbance.None => "",
            Disturbance.Restart or Disturbance.Renew => "↻",
            Disturbance.Replace => "⇄",
            _ => "✕",
        };
        page.Append(CultureInfo.InvariantCulture, $"{before}<b class=\"i{(place.Instance + 1) % 4}{(differs ? " off" : "")}\" title=\"{Encode(request.Step.Request)}\">{place.Instance + 1}</b>");
    }

    private static void AddNoise(StringBuilder page, ProofResult result)
    {
        if (result.Noise.Count == 0)
        {
            return;
        }

        page.Append("<section><h2>Not compared</h2><p>These differ between runs in which nothing happened.</p><div class=\"wide\"><table><tr><th>Step</th><th>Field</th><th>What</th><th>Example</th></tr>");
        foreach (var noise in result.Noise)
        {
            var request = result.Walk!.Requests.First(request => request.Ordinal == noise.Ordinal).Step.Request;
            page.Append(CultureInfo.InvariantCulture, $"<tr><td><code>{Encode(request)}</code></td><td><code>{Encode(noise.Path)}</code></td><td>{Encode(noise.Kind)}</td><td><code>{Encode(noise.Example)}</code></td></tr>");
        }

        page.Append("</table></div></section>");
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
