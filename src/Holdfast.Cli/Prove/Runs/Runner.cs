using Holdfast.Cli.Prove.Browsing;
using Holdfast.Cli.Prove.Instances;
using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Prove.Runs;

/// <summary>Runs walks against the instances, and disturbs these as a schedule says.</summary>
/// <param name="instances">The instances that walks are spread over.</param>
/// <param name="next">An instance of the build that comes next; null where none is given.</param>
/// <param name="clock">For pauses and measured times.</param>
/// <param name="entropy">Makes unique values.</param>
internal sealed class Runner(IReadOnlyList<Instance> instances, Instance? next, TimeProvider clock, Entropy entropy)
{
    /// <summary>Length of a unique value. It begins with a letter, and is short enough for most names.</summary>
    private const int UniqueLength = 12;

    private const string Letters = "abcdefghijklmnopqrstuvwxyz0123456789";

    private readonly EndlessAnswers endless = new();
    private readonly Dictionary<string, CapturedValue> known = [];

    public IReadOnlyList<Instance> Instances => instances;

    /// <summary>The number, from 0, of the instance of the next build; null where there is none.</summary>
    public int? NextInstance => next is null ? null : instances.Count;

    public TimeProvider Clock => clock;

    public Timings Timings { get; } = new();

    /// <summary>Why an instance had ended by itself when a run began; null when none had.</summary>
    public string? Death { get; private set; }

    /// <summary>Runs the walk once, as a user of its own.</summary>
    public async Task<Run> RunAsync(Walk walk, Schedule schedule, CancellationToken cancellationToken)
    {
        await ReadyAsync(schedule, cancellationToken);
        var browser = new Browser(NextUnique(), instances, endless, clock);
        foreach (var name in walk.MissingNames())
        {
            // Whoever leaves out the step that captures it wants to know what another run's value does.
            if (known.TryGetValue(name, out var value))
            {
                browser.Assume(name, value);
            }
        }

        var answers = new List<Answer>();
        var began = clock.GetTimestamp();
        for (var index = 0; index < walk.Requests.Count;)
        {
            var count = schedule.IsConcurrent ? walk.Requests.Skip(index).TakeWhile(request => request.Group == walk.Requests[index].Group).Count() : 1;
            browser.KeepsCookies = schedule.KeepsCookies && walk.Requests.Count(request => request.Group == walk.Requests[index].Group) > 1;
            if (!schedule.Places[index].Spreads)
            {
                await PrepareAsync(schedule.Places[index], cancellationToken);
            }

            answers.AddRange(await Task.WhenAll(Enumerable.Range(index, count).Select(at =>
                browser.TakeAsync(walk.Requests[at].Step, hop => RouteAsync(schedule.Places[at], hop, cancellationToken), cancellationToken))));
            index += count;
        }

        foreach (var (name, value) in browser.Values)
        {
            known[name] = value;
        }

        return new Run(walk, schedule, answers, browser.Values) { Took = clock.GetElapsedTime(began) };
    }

    private async ValueTask<Instance> RouteAsync(Place place, int hop, CancellationToken cancellationToken)
    {
        if (place.Spreads && hop == 1)
        {
            await PrepareAsync(place, cancellationToken);
        }

        return InstanceAt(place, place is { Spreads: true, Before: Disturbance.None } ? hop : 0);
    }

    private Instance InstanceAt(Place place, int hop) => place.Instance == NextInstance ? next! : instances[(place.Instance + hop) % instances.Count];

    /// <summary>Stops all instances but one. They are started again once a schedule needs them.</summary>
    public Task StopAllButAsync(int instance) =>
        Task.WhenAll(instances.Where((_, number) => number != instance).OfType<LaunchedInstance>().Select(static other => other.StopAsync()));

    /// <summary>Sees to it that the instances that the schedule names run, and have no history where that is asked for.</summary>
    private async Task ReadyAsync(Schedule schedule, CancellationToken cancellationToken)
    {
        // An instance that comes in place of others is started then.
        var newcomers = schedule.Places.Where(static place => place.Before == Disturbance.Replace).Select(static place => place.Instance).ToHashSet();
        var used = schedule.Places.Any(static place => place.Spreads) ? instances : [.. schedule.Places.Where(place => !newcomers.Contains(place.Instance)).Select(place => InstanceAt(place, 0)).Distinct()];
        await Task.WhenAll(used.OfType<LaunchedInstance>().Select(async instance =>
        {
            if (await instance.WhyDeadAsync() is { } why)
            {
                Death ??= $"{instance.Name} {why}";
                await instance.StopAsync();
            }
            else if (schedule.IsFresh)
            {
                await instance.StopAsync();
                instance.LeaveFolder();
            }

            if (!instance.IsRunning)
            {
                await instance.StartAsync(cancellationToken);
            }
        }));
    }

    private async Task PrepareAsync(Place place, CancellationToken cancellationToken)
    {
        if (place.Pause > TimeSpan.Zero)
        {
            await Task.Delay(place.Pause, clock, cancellationToken);
        }

        if (place.Before != Disturbance.None)
        {
            await DisturbAsync((LaunchedInstance)InstanceAt(place, 0), place.Before, cancellationToken);
        }
    }

    private async Task DisturbAsync(LaunchedInstance instance, Disturbance disturbance, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        if (disturbance is Disturbance.Kill or Disturbance.Lose)
        {
            await instance.KillAsync();
        }
        else
        {
            Timings.Stopped(await instance.StopAsync());
        }

        if (disturbance is Disturbance.Renew or Disturbance.Lose or Disturbance.Replace)
        {
            instance.LeaveFolder();
        }

        var start = await instance.StartAsync(cancellationToken);
        if (disturbance == Disturbance.Replace)
        {
            foreach (var other in instances.OfType<LaunchedInstance>().Where(other => other != instance))
            {
                await other.StopAsync();
                other.LeaveFolder();
            }
        }

        if (disturbance == Disturbance.Kill)
        {
            Timings.Recovered(clock.GetElapsedTime(began));
        }
        else
        {
            Timings.Started(start);
        }
    }

    private string NextUnique()
    {
        Span<byte> bytes = stackalloc byte[UniqueLength];
        entropy.Fill(bytes);
        var text = new char[UniqueLength];
        for (var index = 0; index < text.Length; index++)
        {
            text[index] = Letters[bytes[index] % (index == 0 ? 26 : Letters.Length)];
        }

        return new string(text);
    }
}
