namespace Holdfast.Cli.Prove.Runs;

/// <summary>
/// The orders in which requests are spread over instances. State that an instance keeps shows when what was written to
/// one is read from another; a copy that it keeps shows when it had read before: one instance, another, the first again.
/// </summary>
internal static class Rotations
{
    /// <summary>That many orders, the telling ones first, then random ones.</summary>
    public static IEnumerable<Schedule> Of(Walk walk, int instances, int count, Entropy entropy)
    {
        var requests = walk.Requests;
        IEnumerable<Schedule> telling =
        [
            Each((index, _) => index % instances),
            Each((index, _) => index % 2),
            Each((_, isSafe) => isSafe ? 1 : 0),
            Spread(Each((index, _) => (requests.Count - index) % instances)),
            Each((index, _) => index == requests.Count - 1 ? 1 : 0),
            Each((index, _) => index == 0 || index == requests.Count - 1 ? 1 : 0),
        ];
        return telling.Concat(Enumerable.Range(0, count).Select(_ => Random())).Take(count);

        Schedule Each(Func<int, bool, int> instance) =>
            Schedule.Of(Arm.Rotate, requests.Select((request, index) => instance(index, request.Step.IsSafe)));

        Schedule Random()
        {
            var bytes = new byte[requests.Count + 1];
            entropy.Fill(bytes);
            var schedule = Each((index, _) => bytes[index] % instances);
            return bytes[^1] % 4 == 0 ? Spread(schedule) : schedule;
        }
    }

    /// <summary>The schedule with each redirect sent on to the next instance.</summary>
    private static Schedule Spread(Schedule schedule) =>
        schedule with { Places = [.. schedule.Places.Select(static place => place with { Spreads = true })] };
}
