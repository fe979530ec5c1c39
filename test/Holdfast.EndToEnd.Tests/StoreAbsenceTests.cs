using Holdfast.EndToEnd.Tests.Absence;
using Holdfast.EndToEnd.Tests.Processes;
using Holdfast.EndToEnd.Tests.Stock;
using Holdfast.TestServers;

namespace Holdfast.EndToEnd.Tests;

/// <summary>
/// The store is killed, stays away, and comes back with what it had: meanwhile who has signed in is told 503 and nothing else, no process
/// grows or dies, and afterwards all is as before, without anybody's help.
/// </summary>
public sealed class StoreAbsenceTests(ITestOutputHelper output)
{
    /// <summary>In the small run a process is still on its way to the size that it has at work, some 70 MiB above that of its start: that takes minutes.</summary>
    private static readonly int MaxGrowthMebibytes = Experiment.Count(150, 50);

    /// <summary>What an instance knows of who has signed in it may use for 1 s without news of the store; ten times that.</summary>
    private static readonly TimeSpan KnownFor = TimeSpan.FromSeconds(10);

    // As long as the store is away, so that what a process comes to take by working is not taken for what the absence costs.
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(Experiment.Count(8, 300));
    private static readonly TimeSpan Away = KnownFor + TimeSpan.FromSeconds(Experiment.Count(10, 300));
    private static readonly TimeSpan RecoveryPatience = TimeSpan.FromSeconds(100);

    [Fact]
    [Trait("Experiment", "R19")]
    [Trait("Engine", "node")]
    public async Task While_a_node_is_away_sign_in_fails_closed_and_all_is_well_once_it_is_back()
    {
        await using var node = await NodeServer.StartAsync();
        await StayAwayAsync(node.ConnectionString, node.KillAsync, node.RestartAsync);
    }

    [Fact]
    [Trait("Experiment", "R19")]
    [Trait("Engine", "Redis")]
    public async Task While_redis_server_is_away_sign_in_fails_closed_and_all_is_well_once_it_is_back()
    {
        await using var redis = await RedisServer.StartAsync(isDurable: true);
        await StayAwayAsync(redis.ConnectionString, redis.KillAsync, redis.RestartAsync);
    }

    [Fact]
    [Trait("Experiment", "R19")]
    [Trait("Engine", "sentinels")]
    [Trait("Runs", "long")]
    public async Task While_all_servers_under_sentinels_are_away_sign_in_fails_closed_and_all_is_well_once_they_are_back()
    {
        await using var trio = await SentinelTrio.StartAsync(arguments: ["--appendonly", "yes", "--appendfsync", "always"]);
        await StayAwayAsync(trio.ConnectionString, trio.KillAsync, trio.RestartAsync);
    }

    [Fact]
    [Trait("Experiment", "R19")]
    [Trait("Engine", "cluster")]
    [Trait("Runs", "long")]
    public async Task While_a_whole_cluster_is_away_sign_in_fails_closed_and_all_is_well_once_it_is_back()
    {
        await using var cluster = await RedisCluster.StartAsync(isDurable: true);
        await StayAwayAsync(cluster.ConnectionString, cluster.KillAsync, cluster.MendAsync);
    }

    private async Task StayAwayAsync(string store, Func<Task> kill, Func<Task> restart)
    {
        await using var topology = await Topology.StartAsync(StatelessOnNode.Project, "/SignIn", store);
        var members = Enumerable.Range(0, 24).Select(number => new Member(topology.Url, $"member-{number}")).ToList();
        await Task.WhenAll(members.Select(static member => member.SignInAsync()));
        var pids = await topology.ProcessesAsync();
        await using var attendance = new Attendance(topology.Url, members[..16], members[16..]);

        var before = await WatchAsync(attendance, pids, Before);
        var early = attendance.Closed;
        await kill();
        var during = await WatchAsync(attendance, pids, KnownFor);
        attendance.Close();
        during = await WatchAsync(attendance, pids, Away - KnownFor, during);
        attendance.Open();
        var closed = attendance.Closed - early;
        await restart();
        await RecoverAsync(attendance);

        var growth = pids.Max(pid => during.MostMebibytes[pid] - before.MostMebibytes[pid]);
        output.WriteLine($"{attendance.Theirs} answers, {closed} times 503; memory {string.Join(", ", pids.Select(pid => $"{before.MostMebibytes[pid]} → {during.MostMebibytes[pid]} MiB"))}");
        Assert.True(closed > 0, "Nobody noticed that the store was away.");
        Assert.Equal(0, attendance.OpenAfterClosing);
        Assert.Equal(pids.Order(), (await topology.ProcessesAsync()).Order());
        Assert.True(growth <= MaxGrowthMebibytes, $"A process grew by {growth} MiB while the store was away.");
        members.ForEach(static member => member.Dispose());
    }

    private static async Task<Footprint> WatchAsync(Attendance attendance, IReadOnlyList<int> pids, TimeSpan time, Footprint? footprint = null)
    {
        footprint ??= new Footprint(pids);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var seconds = 0; seconds < time.TotalSeconds; seconds++)
        {
            if (await Task.WhenAny(attendance.Failure, timer.WaitForNextTickAsync().AsTask()) == attendance.Failure)
            {
                await attendance.Failure;
            }

            footprint.Look();
        }

        return footprint;
    }

    /// <summary>All is well once a thousand answers in a row are.</summary>
    private static async Task RecoverAsync(Attendance attendance)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (attendance.Row < 1000)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < RecoveryPatience, $"No recovery: {attendance.Row} answers since the last 503.");
            if (await Task.WhenAny(attendance.Failure, Task.Delay(100)) == attendance.Failure)
            {
                await attendance.Failure;
            }
        }
    }
}
