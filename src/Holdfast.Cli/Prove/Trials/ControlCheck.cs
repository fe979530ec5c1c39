using System.Text.RegularExpressions;
using Holdfast.Cli.Prove.Browsing;
using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>Finds what keeps undisturbed runs from being a measure for others.</summary>
internal static partial class ControlCheck
{
    /// <summary>Why nothing can be proved with the scenario as it runs; null when something can.</summary>
    public static string? Problem(IReadOnlyList<RunReadings> controls)
    {
        var last = controls[^1].Run;
        foreach (var (request, answer) in last.Walk.Requests.Zip(last.Answers))
        {
            var where = $"line {request.Step.Line}: {request.Step.Request}";
            if (answer.Last.Failure is { } failure && controls.All(run => run.Run.Answers[IndexOf(run.Run.Walk, request)].Status == 0))
            {
                return failure.StartsWith("no TLS connection", StringComparison.Ordinal)
                    ? $"{where} got {failure}; give the authority that signed the certificate with --ca FILE"
                    : $"{where} got no answer, undisturbed as it was: {failure}";
            }

            if (request.Step.ExpectedStatus is { } status && controls.All(run => run.Run.Answers[IndexOf(run.Run.Walk, request)].Status != status))
            {
                return $"{where} answers {answer.StatusText} and not {status} as the scenario expects, undisturbed as it was";
            }
        }

        return All(controls, static status => status >= 500) ? "the application answers every request of the scenario with an error (5xx), undisturbed as it was"
            : All(controls, static status => status is 401 or 403) ? "the application refuses every request of the scenario (401, 403): begin the scenario with a sign-in"
            : last.Answers.Count > 0 && controls.All(static run => run.Run.Answers.All(IsSignIn)) ? "the application sends every request of the scenario to a sign-in page: begin the scenario with a sign-in"
            : All(controls, static status => status is 404 or 405) ? "the application knows none of the scenario's paths (404, 405)"
            : null;
    }

    /// <summary>A request whose status is not the same in all undisturbed runs; null when there is none.</summary>
    public static string? Flakiness(Expectation expectation, Walk walk) => (
        from leaf in expectation.Leaves
        where leaf.Key.Path == Leaf.Status && (leaf.Value.Misses > 0 || leaf.Value.Tier != ReadingTier.Exact)
        let request = walk.Requests.First(request => request.Ordinal == leaf.Key.Ordinal)
        orderby leaf.Key.Ordinal
        select $"line {request.Step.Line}: {request.Step.Request} does not always answer with the same status, even on one instance that nothing happens to").FirstOrDefault();

    /// <summary>
    /// An answer that one instance gives in every run and another in none, undisturbed as they are: a status, or something
    /// that is there or not. Null when there is none. Copies that were started from here are of one build.
    /// </summary>
    public static string? Disagreement(ControlGroup undisturbed, Walk walk)
    {
        var byInstance = undisturbed.Controls.GroupBy(static run => run.Run.Schedule.Places[0].Instance).ToArray();
        return (
            from key in undisturbed.Expectation.Leaves.Keys
            where key.Path == Leaf.Status || Leaf.IsBodyPath(key.Path)
            let readings = byInstance.Select(runs => (Instance: runs.Key + 1, Values: runs.Select(run => ValueAt(run, key)).Distinct().ToArray())).ToArray()
            where readings.All(static reading => reading.Values.Length == 1) && readings.Select(static reading => reading.Values[0]).Distinct().Count() > 1
            let request = walk.Requests.First(request => request.Ordinal == key.Ordinal)
            let other = readings.First(reading => reading.Values[0] != readings[0].Values[0])
            orderby key.Ordinal
            select $"line {request.Step.Line}: {request.Step.Request} has {readings[0].Values[0]} at {key.Path} on instance {readings[0].Instance} and {other.Values[0]} on instance {other.Instance}, "
                + "undisturbed as they are: are they of one version and one configuration?").FirstOrDefault();

        static string ValueAt(RunReadings run, (int Ordinal, string Path) key) =>
            !run.Leaves.TryGetValue(key, out var leaf) ? LeafReadings.Absent.Shown : key.Path == Leaf.Status ? leaf.Shown : "something";
    }

    /// <summary>Whether the answer is a page to sign in at, that was not asked for.</summary>
    private static bool IsSignIn(Answer answer) =>
        answer.Hops.Any(static hop => hop.Location is { } location && SignIn().IsMatch(location)) && !SignIn().IsMatch(answer.Hops[0].Target);

    [GeneratedRegex(@"log-?in|sign-?in|logon", RegexOptions.IgnoreCase)]
    private static partial Regex SignIn();

    private static bool All(IReadOnlyList<RunReadings> controls, Func<int, bool> predicate) => controls.All(run => run.Run.Answers.All(answer => predicate(answer.Status)));

    private static int IndexOf(Walk walk, WalkRequest request) => walk.Requests.ToList().FindIndex(other => other.Ordinal == request.Ordinal);
}
