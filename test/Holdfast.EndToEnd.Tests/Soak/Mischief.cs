using System.Diagnostics;
using Holdfast.EndToEnd.Tests.Processes;
using Holdfast.EndToEnd.Tests.Shoppers;
using Holdfast.TestServers;

namespace Holdfast.EndToEnd.Tests.Soak;

/// <summary>
/// Does by chance what may happen to a topology, one thing after the other: instances, a gateway and the node are killed, instances stand still for a
/// moment, and all instances are rolled, in peace and while they are killed. The first gateway and the supervisor are let live.
/// </summary>
internal sealed class Mischief(Topology topology, int seed)
{
    /// <summary>How much is something of each kind.</summary>
    public const int Everything = 9;

    private const int MinPauseMilliseconds = 300;
    private const int MaxPauseMilliseconds = 3000;

    /// <summary>Shorter than it takes the gateway to give up on a silent instance and on what it has of that one.</summary>
    private const int MaxStandstillMilliseconds = 4000;

    /// <summary>Requests wait for the store 5 s. On a machine that is busy with other things a node may take longer to start, and then they are told 503.</summary>
    private static readonly TimeSpan LongAbsence = TimeSpan.FromSeconds(4.5);

    /// <summary>For what a client can't have heard yet, of a connection that has ended.</summary>
    private static readonly TimeSpan Hearing = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Forever = TimeSpan.MaxValue - Hearing;

    private readonly Random random = new(seed);
    private readonly Lock gate = new();
    private readonly List<(TimeSpan From, TimeSpan To)> gatewayDeaths = [];
    private readonly List<(TimeSpan From, TimeSpan To)> nodeAbsences = [];
    private Task<(int Code, string Told)>? rollUnderFire;

    public int InstanceKills { get; private set; }

    public int Standstills { get; private set; }

    public int GatewayKills { get; private set; }

    public int NodeKills { get; private set; }

    /// <summary>Rolls in which nothing else was done.</summary>
    public int QuietRolls { get; private set; }

    /// <summary>Rolls while other things were done, which succeeded.</summary>
    public int RollsUnderFire { get; private set; }

    /// <summary>Rolls while other things were done, which went back to what was before.</summary>
    public int RollsBack { get; private set; }

    /// <summary>Goes on for so long, and until so much was done.</summary>
    /// <param name="time">How long.</param>
    /// <param name="atLeast">How much; as much as <see cref="Everything"/> is something of each kind.</param>
    /// <param name="withNode">Whether the node dies, too, and first of all.</param>
    public async Task GoOnAsync(TimeSpan time, int atLeast, bool withNode)
    {
        var started = History.Now;
        var left = new Queue<Func<Task>>();
        if (withNode)
        {
            left.Enqueue(KillNodeAsync);
        }

        for (var done = 0; done < atLeast || History.Now - started < time; done++)
        {
            if (left.Count == 0)
            {
                left = Shuffled(withNode);
            }

            await Task.Delay(random.Next(MinPauseMilliseconds, MaxPauseMilliseconds));
            await left.Dequeue()();
        }

        await EndRollUnderFireAsync();
        await CalmAsync();
    }

    /// <summary>Whether a gateway has died since that moment.</summary>
    public bool HasGatewayDied(TimeSpan since)
    {
        lock (gate)
        {
            return gatewayDeaths.Exists(death => since <= death.To + Hearing);
        }
    }

    /// <summary>Whether a request that began at that moment may be told by now that the node is away: for longer than requests wait, or while this one has waited so long.</summary>
    public bool MayNodeBeTooLongAway(TimeSpan since)
    {
        lock (gate)
        {
            var now = History.Now;
            return nodeAbsences.Exists(absence => since <= absence.To + Hearing && (Min(absence.To, now) - absence.From > LongAbsence || now - since > LongAbsence));
        }
    }

    private Task CalmAsync() => UntilAsync(async () =>
        (await topology.ReadyInstancesAsync()).Count == Topology.Instances && (await topology.GatewaysAsync()).Count == Topology.Gateways);

    private async Task RollInPeaceAsync()
    {
        await EndRollUnderFireAsync();
        await CalmAsync();
        await topology.RollAsync();
        QuietRolls++;
    }

    private Queue<Func<Task>> Shuffled(bool withNode)
    {
        Func<Task>[] all =
        [
            KillInstanceAsync, KillInstanceAsync, KillInstanceAsync, KillInstanceAsync, StandStillAsync, StandStillAsync, KillGatewayAsync, RollInPeaceAsync, RollUnderFireAsync,
        ];
        Assert.Equal(Everything, all.Length);
        all = withNode ? [.. all, KillNodeAsync] : all;
        random.Shuffle(all);
        return new Queue<Func<Task>>(all);
    }

    private async Task KillInstanceAsync()
    {
        if (await InstanceAsync() is { } pid && Killer.TryKill(pid))
        {
            InstanceKills++;
        }
    }

    private async Task StandStillAsync()
    {
        if (await InstanceAsync() is not { } pid)
        {
            return;
        }

        try
        {
            using var paused = await PausedProcess.StopAsync(pid);
            Standstills++;
            await Task.Delay(random.Next(100, MaxStandstillMilliseconds));
        }
        catch (DirectoryNotFoundException)
        {
            // A roll has ended it meanwhile.
        }
    }

    /// <summary>One of those that are ready, if that leaves another.</summary>
    private async Task<int?> InstanceAsync()
    {
        var ready = await topology.ReadyInstancesAsync();
        return ready.Count > 1 ? ready[random.Next(ready.Count)] : null;
    }

    private async Task KillGatewayAsync()
    {
        var gateways = await topology.GatewaysAsync();
        if (gateways.Count < Topology.Gateways)
        {
            return;
        }

        var from = History.Now;
        using var victim = Process.GetProcessById(gateways[^1]);
        lock (gate)
        {
            gatewayDeaths.Add((from, Forever));
        }

        victim.Kill();
        await victim.WaitForExitAsync();
        lock (gate)
        {
            gatewayDeaths[^1] = (from, History.Now);
        }

        GatewayKills++;
    }

    /// <summary>Kills the node, and returns once another one serves in its place.</summary>
    public async Task KillNodeAsync()
    {
        var node = await topology.NodeAsync();
        var from = History.Now;
        lock (gate)
        {
            nodeAbsences.Add((from, Forever));
        }

        Assert.True(Killer.TryKill(node), "The node has died by itself.");
        await UntilAsync(async () => await topology.TryNodeAsync() is { } next && next != node && await topology.StateReplyAsync("PING") is not null);
        lock (gate)
        {
            nodeAbsences[^1] = (from, History.Now);
        }

        NodeKills++;
    }

    private async Task RollUnderFireAsync()
    {
        await EndRollUnderFireAsync();
        rollUnderFire = topology.TryRollAsync();
    }

    private async Task EndRollUnderFireAsync()
    {
        if (rollUnderFire is { } roll)
        {
            var (code, told) = await roll;
            Assert.True(code is 0 or 1, $"roll exits with {code}: {told}\n{topology.Output}");
            (RollsUnderFire, RollsBack) = code == 0 ? (RollsUnderFire + 1, RollsBack) : (RollsUnderFire, RollsBack + 1);
            rollUnderFire = null;
        }
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private async Task UntilAsync(Func<Task<bool>> isSo)
    {
        var started = History.Now;
        while (!await isSo())
        {
            Assert.True(History.Now - started < HoldfastTool.Deadline, $"The topology does not recover.\n{topology.Output}");
        }
    }
}
