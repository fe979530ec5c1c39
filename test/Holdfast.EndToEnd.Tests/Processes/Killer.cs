using System.Diagnostics;

namespace Holdfast.EndToEnd.Tests.Processes;

/// <summary>
/// Kills a random instance with SIGKILL again and again. Never the only one that is ready: on a machine that takes longer
/// than a second to start another, that would kill one request again and again, and the gateway rightly stops sending
/// what seems to be deadly.
/// </summary>
internal sealed class Killer(Topology topology, int seed)
{
    private readonly Random random = new(seed);
    private volatile int kills;

    /// <summary>How long after one the next is killed. 1 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

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
        if (ready.Count > 1 && TryKill(ready[random.Next(ready.Count)]))
        {
            kills++;
        }
    }
}
