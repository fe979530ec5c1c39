using System.Diagnostics.CodeAnalysis;

namespace Holdfast.Gateway.Instances;

/// <summary>A service's instances, handed out in turn.</summary>
internal sealed class ServicePool(string name, GatewayMetrics metrics, TimeProvider clock)
{
    private readonly Lock gate = new();
    private IReadOnlyCollection<Upstream> members = [];
    private volatile Upstream[] ready = [];
    private TaskCompletionSource changed = NewChange();
    private uint turn;

    public string Name { get; } = name;

    public RetryBudget Budget { get; } = new(clock);

    /// <summary>Replaces the instances.</summary>
    public void SetMembers(IReadOnlyCollection<Upstream> upstreams)
    {
        lock (gate)
        {
            members = upstreams;
        }

        Refresh();
    }

    /// <summary>Finds out again which instances are ready. Called whenever one has changed.</summary>
    public void Refresh()
    {
        TaskCompletionSource told;
        lock (gate)
        {
            ready = [.. members.Where(static upstream => upstream.IsReady)];
            told = changed;
            changed = NewChange();
        }

        told.SetResult();
    }

    /// <summary>
    /// The instance whose turn it is, preferably one that was not tried; one that was, only once it has proven itself
    /// since: under a connection that broke its process may have died, and the pool holds more such connections. Waits
    /// for one that is ready. Null when the time is over.
    /// </summary>
    /// <param name="tried">The instances that were tried, and their <see cref="Upstream.Passes"/> when they failed.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<Upstream?> TakeAsync(IReadOnlyDictionary<Upstream, int> tried, TimeSpan patience, CancellationToken cancellationToken) =>
        TryTake(tried, out var upstream) ? ValueTask.FromResult<Upstream?>(upstream) : WaitAsync(tried, patience, cancellationToken);

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool TryTake(IReadOnlyDictionary<Upstream, int> tried, [NotNullWhen(true)] out Upstream? upstream)
    {
        var candidates = ready;
        upstream = null;
        for (var i = 0; i < candidates.Length; i++)
        {
            var candidate = candidates[Interlocked.Increment(ref turn) % candidates.Length];
            if (!tried.TryGetValue(candidate, out var passes))
            {
                upstream = candidate;
                break;
            }

            if (candidate.Passes != passes)
            {
                upstream = candidate;
            }
        }

        return upstream is not null;
    }

    private async ValueTask<Upstream?> WaitAsync(IReadOnlyDictionary<Upstream, int> tried, TimeSpan patience, CancellationToken cancellationToken)
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

            if (TryTake(tried, out var upstream))
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
                await change.WaitAsync(left, clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                return null;
            }
        }
    }
}
