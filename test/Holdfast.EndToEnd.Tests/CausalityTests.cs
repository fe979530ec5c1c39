using Holdfast.EndToEnd.Tests.Causality;
using Holdfast.EndToEnd.Tests.Processes;
using Holdfast.TestServers;

namespace Holdfast.EndToEnd.Tests;

/// <summary>Every client reads what it wrote and sees nothing go back, whichever gateway and instance answers, and whichever dies.</summary>
public sealed class CausalityTests(ITestOutputHelper output)
{
    private const int Clients = 32;
    private static readonly int Requests = Experiment.Count(15_000, 1_000_000);
    private static readonly int Kills = Experiment.Count(6, 100);

    /// <summary>Starting others takes about as long as answering some thousand requests, of which the long run makes many.</summary>
    private static readonly TimeSpan BetweenKills = TimeSpan.FromSeconds(Experiment.Count(1, 5));

    [Fact]
    [Trait("Experiment", "R13")]
    public async Task Clients_read_their_writes_and_nothing_goes_back_while_instances_and_gateways_die()
    {
        await using var topology = await Topology.StartAsync("test/CausalSite", "/healthz", "embedded");
        await WorkWhileTheyDieAsync(topology);
    }

    [Fact]
    [Trait("Experiment", "R13")]
    public async Task On_redis_server_they_do_too()
    {
        await using var redis = await RedisServer.StartAsync(isTcp: true, isDurable: true);
        await using var topology = await Topology.StartAsync("test/CausalSite", "/healthz", redis.ConnectionString);
        await WorkWhileTheyDieAsync(topology);
    }

    private async Task WorkWhileTheyDieAsync(Topology topology)
    {
        var seed = Environment.ProcessId;
        var violations = new List<string>();
        var clients = Enumerable.Range(0, Clients).Select(number => new CausalClient(topology.Url, number, seed + number, violations)).ToList();
        var killer = new Killer(topology, seed) { Interval = BetweenKills };
        bool IsDone() => clients.Sum(static client => client.Answered) >= Requests && killer.Kills >= Kills;

        var work = Task.WhenAll(clients.Select(client => client.WorkAsync(IsDone)));
        await killer.RunWhileAsync(work, Kills);
        await work;

        output.WriteLine($"seed {seed}: {clients.Sum(static client => client.Answered)} requests, {killer.Kills} kills, {clients.Sum(static client => client.Repeated)} repeated for a gateway's death, {violations.Count} violations");
        Assert.True(violations.Count == 0, string.Join('\n', violations));
        clients.ForEach(static client => client.Dispose());
    }
}
