using System.Diagnostics;
using Holdfast.EndToEnd.Tests.Shoppers;

namespace Holdfast.EndToEnd.Tests.Processes;

/// <summary>
/// Kills a random instance with SIGKILL again and again. Never the only one that is ready: on a machine that takes longer
/// than a second to start another, that would kill one request again and again, and the gateway rightly stops sending
/// what seems to be deadly. For the same reason it waits while a request is in flight that began before the kill before the last one: it may have lost two
/// instances, and one that waits for what the first of them held may meet each further one.
/// </summary>
internal sealed class Killer(Topology topology, int seed)
{
    private readonly Random random = new(seed);
    private volatile int kills;
    private TimeSpan lastKill;
    private TimeSpan killBefore;

    /// <summary>How long after one the next is killed. 1 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>When the oldest request began that has no answer yet, by <see cref="History.Now"/>; null when there is none, or nobody counts.</summary>
    public Func<TimeSpan?> OldestInFlight { get; init; } = static () => null;

    /// <summary>How many have been killed.</summary>
    public int Kills => kills;

    /// <summary>Whether the killing has begun.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Kills one after the other, this many.</summary>
    public async Task RunAsync(int count)
    {
        using var timer = new PeriodicTimer(Interval);
        HasBegun = true;
        while (kills < count && await timer.WaitForNextTickAsync())
        {
            Kill(await topology.ReadyInstancesAsync());
        }
    }

    /// <summary>Kills instances and now and then a gateway, at least this many, until the work is done.</summary>
    public async Task RunWhileAsync(Task work, int atLeast)
    {
        const int GatewayEvery = 5;
        using var timer = new PeriodicTimer(Interval);
        HasBegun = true;
        while ((kills < atLeast || !work.IsCompleted) && !work.IsFaulted && await timer.WaitForNextTickAsync())
        {
            Kill(kills % GatewayEvery == GatewayEvery - 1 ? await topology.GatewaysAsync() : await topology.ReadyInstancesAsync());
        }
    }

    /// <summary>kill -9; false if there is no such process any more.</summary>
    public static bool TryKill(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.Kill();
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private void Kill(IReadOnlyList<int> ready)
    {
        if (ready.Count < 2 || OldestInFlight() < killBefore)
        {
            return;
        }

        var now = History.Now;
        if (TryKill(ready[random.Next(ready.Count)]))
        {
            (killBefore, lastKill) = (lastKill, now);
            kills++;
        }
    }
}
