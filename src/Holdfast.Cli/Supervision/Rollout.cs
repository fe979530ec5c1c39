using System.Globalization;
using Holdfast.Cli.Readings;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Supervision;

/// <summary>
/// Replaces a service's instances one by one. (1) A new one is started beside the old ones. (2) Once it is healthy it
/// serves with them for a while, and is compared with them. (3) Only then does an old one drain and end. When a new one
/// does not become healthy, dies or fails requests, it goes, and those that were replaced before come back.
/// </summary>
internal sealed class Rollout(Service service, ServiceTopology next, Departures departures, GatewayReader gateways, RunContext run)
{
    private const string StoppedText = "the topology was stopped";
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    private readonly ServiceTopology previous = service.Topology;
    private readonly List<InstanceProcess> fresh = [];

    /// <summary>How long a new instance serves beside the old ones before one of these goes.</summary>
    public TimeSpan Watch { get; init; }

    /// <summary>Tells whoever asked for the roll how far it has come.</summary>
    public required Func<string, Task> Tell { get; init; }

    /// <summary>Answers why the roll failed, and what is so now; null when it is done.</summary>
    public async Task<string?> RunAsync(CancellationToken cancellationToken)
    {
        var old = service.Instances.Staying;
        service.Topology = next;
        try
        {
            for (var done = 0; done < old.Count; done++)
            {
                if (service.Instances.Add() is not { } added)
                {
                    return StoppedText;
                }

                if (await ProblemOfAsync(added, [.. old.Skip(done)], cancellationToken) is { } problem)
                {
                    await NoteAsync($"{service.Name} goes back: {problem}");
                    return $"{problem}\n{await GoBackAsync(added, cancellationToken)}";
                }

                fresh.Add(added);
                await departures.LeaveAsync(service, [old[done]], cancellationToken);
                await NoteAsync($"{added.Name} serves, {old[done].Name} has gone ({done + 1} of {old.Count})");
            }

            return null;
        }
        catch (OperationCanceledException)
        {
            return StoppedText;
        }
    }

    private async Task NoteAsync(string text)
    {
        run.Log.Event(text);
        await Tell(text);
    }

    /// <summary>Why the new instance can't take an old one's place; null when it can.</summary>
    private async Task<string?> ProblemOfAsync(InstanceProcess added, IReadOnlyList<InstanceProcess> old, CancellationToken cancellationToken)
    {
        if (await added.FirstReady.WaitAsync(cancellationToken) is { } failure)
        {
            return $"{added.Name} {failure}";
        }

        string[] freshNames = [.. fresh.Append(added).Select(static instance => instance.Name)];
        string[] oldNames = [.. old.Select(static instance => instance.Name)];
        var before = await gateways.ReadAsync(cancellationToken);
        var began = run.Clock.GetTimestamp();
        while (run.Clock.GetElapsedTime(began) is var watched && watched < Watch)
        {
            // A wait counts whole milliseconds, and what is left of one would be none, again and again.
            var left = TimeSpan.FromMilliseconds(Math.Ceiling((Watch - watched).TotalMilliseconds));
            await Task.Delay(left < LookInterval ? left : LookInterval, run.Clock, cancellationToken);
            if (fresh.Append(added).FirstOrDefault(static instance => instance.Ends > 0) is { } dead)
            {
                return $"{dead.Name} {dead.LastEnd?.Report}";
            }

            var now = await gateways.ReadAsync(cancellationToken);
            var freshCount = GatewayReader.Count(now, freshNames).Since(GatewayReader.Count(before, freshNames));
            var oldCount = GatewayReader.Count(now, oldNames).Since(GatewayReader.Count(before, oldNames));
            if (RollVerdict.IsWorse(freshCount, oldCount))
            {
                return $"{string.Join(", ", freshNames)} failed {Text(freshCount)}, and what they replace {Text(oldCount)}";
            }
        }

        return null;
    }

    private static string Text(RequestCount count) => string.Create(CultureInfo.InvariantCulture, $"{count.Failed} of {count.All} requests");

    /// <summary>Takes the failed instance out, and replaces back what was replaced; answers what is so then.</summary>
    private async Task<string> GoBackAsync(InstanceProcess failed, CancellationToken cancellationToken)
    {
        service.Topology = previous;
        await departures.LeaveAsync(service, [failed], cancellationToken);
        if (fresh.Count == 0)
        {
            var built = next.Build is null ? "" : "; one that ends is started from what the build has made";
            return $"{service.Name} runs as before: no instance was replaced{built}";
        }

        var names = string.Join(", ", fresh.Select(static instance => instance.Name));
        if (previous.StartsLike(next))
        {
            return $"{names} stay, as they were healthy: what {service.Name} is started as is the same as before, so put back what its command runs, and roll again";
        }

        foreach (var leaving in fresh)
        {
            if (service.Instances.Add() is not { } back)
            {
                return StoppedText;
            }

            if (await back.FirstReady.WaitAsync(cancellationToken) is { } failure)
            {
                await service.Instances.StopAsync([back]);
                return $"{leaving.Name} stays, because what was there before can't be started any more: {back.Name} {failure}";
            }

            await departures.LeaveAsync(service, [leaving], cancellationToken);
            await NoteAsync($"{back.Name} serves as before, {leaving.Name} has gone");
        }

        return $"{service.Name} runs as before";
    }
}
