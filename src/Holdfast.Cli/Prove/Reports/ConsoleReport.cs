using Holdfast.Cli.Prove.Diagnosis;

namespace Holdfast.Cli.Prove.Reports;

/// <summary>The result for who waits for it at a terminal.</summary>
internal static class ConsoleReport
{
    public static void Write(ProofResult result, TextWriter target)
    {
        foreach (var finding in result.Findings)
        {
            target.WriteLine();
            Write(finding, target);
        }

        target.WriteLine();
        if (result.Arms.Any(static arm => arm.Runs > 0))
        {
            target.WriteLine($"arms   {string.Join(", ", result.Arms.Where(static arm => arm.Runs > 0).Select(static arm => $"{EnumText.Of(arm.Arm)} {arm.Runs}"))}"
                + $" ({result.Time.TotalSeconds:0} s)");
            foreach (var arm in result.Arms.Where(static arm => arm.IsLeftOut && arm.Missed.Length > 0))
            {
                target.WriteLine($"       {(arm.Runs == 0 ? "without" : "cut short:")} {EnumText.Of(arm.Arm)}: {arm.Missed}");
            }
        }

        if (result.Timings.Start is { } start)
        {
            target.WriteLine($"times  start {start.TotalMilliseconds:0} ms"
                + (result.Timings.Stop is { } stop ? $", stop {stop.TotalMilliseconds:0} ms" : "")
                + (result.Timings.Recovery is { } recovery ? $", back after a kill {recovery.TotalMilliseconds:0} ms" : "")
                + (result.Timings.Requests is { } requests ? $", {result.Timings.Errors} of {requests} requests failed while stopping" : ""));
        }

        target.WriteLine($"{EnumText.Of(result.Verdict)}: {result.Reason}");
    }

    private static void Write(Finding finding, TextWriter target)
    {
        target.WriteLine($"{FindingKindJson.Text(finding.Kind)} ({string.Join(", ", finding.Arms.Select(EnumText.Of))})");
        var steps = finding.Smallest;
        for (var index = 0; index < steps.Count; index++)
        {
            var step = steps[index];
            var word = index == steps.Count - 1 ? "read" : index == steps.Count - 2 ? "write" : "first";
            target.WriteLine($"  {word,-6} {step.Request} on instance {step.Instance}{(step.AtOnce ? ", at once with others" : "")}{(step.Before is null ? "" : $", after a {step.Before}")}");
        }

        target.WriteLine($"  field  {finding.Witness.Leaf.Path}: expected {finding.Witness.Leaf.Expected.Shown}, got {finding.Witness.Leaf.Got}");
        if (finding.Mechanism is { } mechanism)
        {
            target.WriteLine($"  cause  {mechanism}");
        }

        target.WriteLine($"  remedy {finding.Remedy}");
        target.WriteLine("  script");
        foreach (var line in CurlScript.Of(finding).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            target.WriteLine($"    {line}");
        }
    }
}
