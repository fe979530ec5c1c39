using Holdfast.Cli.Prove.Comparison;
using Holdfast.Cli.Prove.Runs;

namespace Holdfast.Cli.Prove.Trials;

/// <summary>Finds what keeps undisturbed runs from being a measure for others.</summary>
internal static class ControlCheck
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

        return All(last, static status => status >= 500) ? "the application answers every request of the scenario with an error (5xx), undisturbed as it was"
            : All(last, static status => status is 401 or 403) ? "the application refuses every request of the scenario (401, 403): begin the scenario with a sign-in"
            : All(last, static status => status is 404 or 405) ? "the application knows none of the scenario's paths (404, 405)"
            : null;
    }

    /// <summary>A request whose status is not the same in all undisturbed runs; null when there is none.</summary>
    public static string? Flakiness(Expectation expectation, Walk walk) => (
        from leaf in expectation.Leaves
        where leaf.Key.Path == Leaf.Status && (leaf.Value.Misses > 0 || leaf.Value.Tier != ReadingTier.Exact)
        let request = walk.Requests.First(request => request.Ordinal == leaf.Key.Ordinal)
        orderby leaf.Key.Ordinal
        select $"line {request.Step.Line}: {request.Step.Request} does not always answer with the same status, even on one instance that nothing happens to").FirstOrDefault();

    private static bool All(Run run, Func<int, bool> predicate) => run.Answers.All(answer => predicate(answer.Status));

    private static int IndexOf(Walk walk, WalkRequest request) => walk.Requests.ToList().FindIndex(other => other.Ordinal == request.Ordinal);
}
