using Holdfast.Gateway.Balancing;
using Holdfast.Gateway.Overload;
using Holdfast.Gateway.Repeating;
using Holdfast.Gateway.Services;

namespace Holdfast.Gateway.Instances;

/// <summary>A service's instances, and everything that the gateway knows of the service.</summary>
internal sealed class ServicePool(string name, string region, GatewayMetrics metrics, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan TimerResolution = TimeSpan.FromMilliseconds(1);
    private readonly Lock gate = new();
    private readonly Dice dice = new();
    private IReadOnlyCollection<Upstream> members = [];
    private volatile Candidates candidates = Candidates.None;
    private volatile Choice choice = new RoundRobin();
    private volatile ServiceSettings settings = ServiceSettings.Default;
    private TaskCompletionSource changed = NewChange();
    private Dictionary<string, KeySupport> builds = [];
    private ITimer? ejectionEnds;
    private volatile int arrivals;

    public string Name { get; } = name;

    public RetryBudget Budget { get; } = new(clock);

    /// <summary>Who gets in.</summary>
    public Admission Admission { get; } = new(clock);

    public ServiceSettings Settings => settings;

    /// <summary>Whether there is an instance that gets requests.</summary>
    public bool HasInstances => candidates is { Near.Length: > 0 } or { Far.Length: > 0 };

    /// <summary>How often an instance has come to those that get requests.</summary>
    public int Arrivals => arrivals;

    /// <summary>All instances, ready or not.</summary>
    public IReadOnlyCollection<Upstream> Members
    {
        get
        {
            lock (gate)
            {
                return members;
            }
        }
    }

    /// <summary>Replaces the instances and the settings.</summary>
    public void Set(IReadOnlyCollection<Upstream> upstreams, ServiceSettings wanted)
    {
        lock (gate)
        {
            members = upstreams;
            if (wanted.Balance != settings.Balance)
            {
                choice = Choice.Of(wanted.Balance);
            }

            settings = wanted;
        }

        Refresh();
    }

    /// <summary>What turns the requests of one of the service's routes away while nothing answers them.</summary>
    public Breaker NewBreaker(string route) => new(route, this, metrics, clock, logger);

    /// <summary>An instance has told which build it is of: what one of them announces holds for all. Null for one that does not tell.</summary>
    public void Recognize(Upstream upstream, string? build)
    {
        lock (gate)
        {
            if (build is null)
            {
                // What is known of a build is not known of whoever has taken its place.
                upstream.Keys = builds.ContainsValue(upstream.Keys) ? new KeySupport() : upstream.Keys;
                return;
            }

            if (!builds.TryGetValue(build, out var keys))
            {
                // Of earlier builds, those are kept that an instance is still of.
                builds = builds.Where(known => members.Any(member => member.Keys == known.Value)).ToDictionary();
                builds.Add(build, keys = new KeySupport());
            }

            var own = upstream.Keys;
            upstream.Keys = keys;
            if (!builds.ContainsValue(own))
            {
                // What it announced before it was recognized.
                keys.Take(own);
            }
        }
    }

    /// <summary>Finds out again which instances are to be used. Called whenever one has changed.</summary>
    public void Refresh()
    {
        TaskCompletionSource told;
        lock (gate)
        {
            JudgeConduct();
            AwaitReturn();
            var before = candidates;
            candidates = Candidates.Of(members, region);
            arrivals += candidates.All.Except(before.All).Any() ? 1 : 0;
            Admission.Set(settings, candidates.Near.Length + candidates.Far.Length, members.Count);
            told = changed;
            changed = NewChange();
        }

        told.SetResult();
    }

    /// <summary>
    /// Chooses an instance, preferably one that was not tried; one that was, only once it has proven itself since: under
    /// a connection that broke its process may have died, and the HTTP client holds more such connections. Waits for one
    /// that is ready. Null when the time is over.
    /// </summary>
    /// <param name="tries">The instances that were tried, and their <see cref="Upstream.Passes"/> when they failed.</param>
    /// <param name="wish">What the request says about the choice.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<Upstream?> TakeAsync(IReadOnlyDictionary<Upstream, int> tries, Wish wish, TimeSpan patience, CancellationToken cancellationToken) =>
        TryTake(tries, wish) is { } upstream ? ValueTask.FromResult<Upstream?>(upstream) : WaitAsync(tries, wish, patience, cancellationToken);

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Upstream? TryTake(IReadOnlyDictionary<Upstream, int> tried, Wish wish)
    {
        var current = candidates;
        var isNear = current.NearShare >= 1 || (current.NearShare > 0 && dice.NextShare() < current.NearShare);
        var (first, second) = isNear ? (current.Near, current.Far) : (current.Far, current.Near);
        if (wish.Only is { } only)
        {
            (first, second) = (Array.FindAll(first, one => only(one)), Array.FindAll(second, one => only(one)));
        }

        if (wish.Mark is { } mark && (Marked(first, mark) ?? Marked(second, mark)) is { } same && !tried.ContainsKey(same))
        {
            return same;
        }

        var key = wish.Key;
        if (tried.Count == 0)
        {
            return Among(first, key) ?? Among(second, key);
        }

        return Among(Untried(first, tried), key) ?? Among(Untried(second, tried), key)
            ?? Among(Proven(first, tried), key) ?? Among(Proven(second, tried), key);
    }

    private static Upstream? Marked(Upstream[] some, string mark) => Array.Find(some, one => one.Mark == mark);

    private static Upstream[] Untried(Upstream[] some, IReadOnlyDictionary<Upstream, int> tried) => [.. some.Where(one => !tried.ContainsKey(one))];

    private static Upstream[] Proven(Upstream[] some, IReadOnlyDictionary<Upstream, int> tried) =>
        [.. some.Where(one => tried.TryGetValue(one, out var passes) && one.Passes != passes)];

    private Upstream? Among(Upstream[] some, string? key) =>
        some.Length == 0 ? null : choice.Among(some, key, Shares.Of(some, settings, clock));

    private async ValueTask<Upstream?> WaitAsync(IReadOnlyDictionary<Upstream, int> tried, Wish wish, TimeSpan patience, CancellationToken cancellationToken)
    {
        metrics.Waited(Name);
        var began = clock.GetTimestamp();
        while (true)
        {
            Task change;
            lock (gate)
            {
                change = changed.Task;
            }

            if (TryTake(tried, wish) is { } upstream)
            {
                return upstream;
            }

            var left = patience - clock.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
            {
                return null;
            }

            try
            {
                await change.WaitAsync(left > TimerResolution ? left : TimerResolution, clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                // Timers can be milliseconds early. It is the clock that says when the time is over, as who tells the client why asks it too.
            }
        }
    }

    private void JudgeConduct()
    {
        if (!settings.Ejects)
        {
            return;
        }

        foreach (var (upstream, time) in Ejection.Judge(members))
        {
            Log.Ejected(logger, Name, upstream.Id, upstream.Prefix, time.TotalSeconds);
            metrics.Ejected(Name);
        }
    }

    /// <summary>
    /// Has the candidates made anew when the first of the instances that are left alone may come back; that asks for the next one, or once more where
    /// the timer was early. Before they are made: one whose time ends in between is among them, or waited for.
    /// </summary>
    private void AwaitReturn()
    {
        ejectionEnds?.Dispose();
        ejectionEnds = null;
        var lasting = members.Select(static member => member.Conduct.EjectedLeft).Where(static left => left > TimeSpan.Zero);
        if (lasting.DefaultIfEmpty().Min() is var left && left > TimeSpan.Zero)
        {
            ejectionEnds = clock.CreateTimer(static pool => ((ServicePool)pool!).Refresh(), this, left + TimerResolution, Timeout.InfiniteTimeSpan);
        }
    }
}
