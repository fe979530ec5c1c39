using Holdfast.Cli.Prove.Browsing;
using Holdfast.Cli.Prove.Instances;
using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Prove.Runs;

/// <summary>Runs walks against the instances, and disturbs these as a schedule says.</summary>
internal sealed class Runner(IReadOnlyList<Instance> instances, TimeProvider clock, Entropy entropy)
{
    /// <summary>Length of a unique value. It begins with a letter, and is short enough for most names.</summary>
    private const int UniqueLength = 12;

    private const string Letters = "abcdefghijklmnopqrstuvwxyz0123456789";

    private readonly Dictionary<string, CapturedValue> known = [];

    public IReadOnlyList<Instance> Instances => instances;

    public Timings Timings { get; } = new();

    /// <summary>How often an instance had ended by itself when a run began.</summary>
    public int Deaths { get; private set; }

    /// <summary>Runs the walk once, as a user of its own.</summary>
    public async Task<Run> RunAsync(Walk walk, Schedule schedule, CancellationToken cancellationToken)
    {
        await ReadyAsync(schedule, cancellationToken);
        var browser = new Browser(NextUnique(), instances, clock);
        foreach (var name in walk.MissingNames())
        {
            // Whoever leaves out the step that captures it wants to know what another run's value does.
            if (known.TryGetValue(name, out var value))
            {
                browser.Assume(name, value);
            }
        }

        var answers = new List<Answer>();
        for (var index = 0; index < walk.Requests.Count;)
        {
            var count = schedule.IsConcurrent ? walk.Requests.Skip(index).TakeWhile(request => request.Group == walk.Requests[index].Group).Count() : 1;
            await PrepareAsync(schedule.Places[index], cancellationToken);
            answers.AddRange(await Task.WhenAll(Enumerable.Range(index, count).Select(at =>
                browser.TakeAsync(walk.Requests[at].Step, hop => InstanceAt(schedule.Places[at], hop), cancellationToken))));
            index += count;
        }

        foreach (var (name, value) in browser.Values)
        {
            known[name] = value;
        }

        return new Run(walk, schedule, answers, browser.Values);
    }

    private Instance InstanceAt(Place place, int hop) => instances[(place.Instance + (place.Spreads ? hop : 0)) % instances.Count];

    /// <summary>Sees to it that the instances that the schedule names run, and have no history where that is asked for.</summary>
    private async Task ReadyAsync(Schedule schedule, CancellationToken cancellationToken)
    {
        var used = schedule.Places.Any(static place => place.Spreads) ? instances : [.. schedule.Places.Select(place => instances[place.Instance]).Distinct()];
        await Task.WhenAll(used.OfType<LaunchedInstance>().Select(async instance =>
        {
            if (instance.WhyDead is not null)
            {
                Deaths++;
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
            await DisturbAsync((LaunchedInstance)instances[place.Instance], place.Before, cancellationToken);
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

        if (disturbance is Disturbance.Renew or Disturbance.Lose)
        {
            instance.LeaveFolder();
        }

        var start = await instance.StartAsync(cancellationToken);
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
