using Holdfast.EndToEnd.Tests.Causality;
using Holdfast.EndToEnd.Tests.Processes;
using Holdfast.EndToEnd.Tests.Shoppers;
using Holdfast.TestServers;

namespace Holdfast.EndToEnd.Tests;

/// <summary>
/// Every client reads what it wrote and sees nothing go back, whichever gateway and instance answers, and whichever dies. Where the store fails over as well,
/// and loses something, clients are told of it before they are shown what is left.
/// </summary>
public sealed class CausalityTests(ITestOutputHelper output)
{
    private const int Clients = 32;
    private static readonly int Requests = Experiment.Count(15_000, 1_000_000);
    private static readonly int Kills = Experiment.Count(6, 100);

    /// <summary>Starting others takes about as long as answering some thousand requests, of which the long run makes many.</summary>
    private static readonly TimeSpan BetweenKills = TimeSpan.FromSeconds(Experiment.Count(1, 5));

    private static readonly int Failovers = Experiment.Count(2, 20);

    [Fact]
    [Trait("Experiment", "R13")]
    [Trait("Engine", "node")]
    public async Task Clients_read_their_writes_and_nothing_goes_back_while_instances_and_gateways_die()
    {
        await using var topology = await Topology.StartAsync("test/CausalSite", "/healthz", "embedded");
        await WorkWhileTheyDieAsync(topology);
    }

    [Fact]
    [Trait("Experiment", "R13")]
    [Trait("Engine", "Redis")]
    public async Task On_redis_server_they_do_too()
    {
        await using var redis = await RedisServer.StartAsync(isTcp: true, isDurable: true);
        await using var topology = await Topology.StartAsync("test/CausalSite", "/healthz", redis.ConnectionString);
        await WorkWhileTheyDieAsync(topology);
    }

    [Fact]
    [Trait("Experiment", "R13")]
    [Trait("Engine", "sentinels")]
    [Trait("Runs", "long")]
    public async Task Under_sentinels_they_do_too_or_are_told_of_the_loss()
    {
        await using var trio = await SentinelTrio.StartAsync();
        await using var topology = await Topology.StartAsync("test/CausalSite", "/healthz", trio.ConnectionString);
        await WorkWhileTheyDieAsync(topology, trio.LoseAsync);
    }

    [Fact]
    [Trait("Experiment", "R13")]
    [Trait("Engine", "cluster")]
    [Trait("Runs", "long")]
    public async Task In_a_cluster_they_do_too_or_are_told_of_the_loss()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var topology = await Topology.StartAsync("test/CausalSite", "/healthz", cluster.ConnectionString);
        await WorkWhileTheyDieAsync(topology, cluster.LoseAsync);
    }

    private async Task WorkWhileTheyDieAsync(Topology topology, Func<Func<Task>, Task>? loseAsync = null)
    {
        var seed = Environment.ProcessId;
        var violations = new List<string>();
        var inFlight = new RequestsInFlight();
        var clients = Enumerable.Range(0, Clients)
            .Select(number => new CausalClient(topology.Url, number, seed + number, violations, loseAsync is not null) { InFlight = inFlight }).ToList();
        var killer = new Killer(topology, seed) { Interval = BetweenKills, OldestInFlight = () => inFlight.Oldest };
        var failingOver = Task.CompletedTask;
        bool IsDone() => clients.Sum(static client => client.Answered) >= Requests && killer.Kills >= Kills && failingOver.IsCompleted;

        failingOver = loseAsync is null ? failingOver : FailOverAsync(loseAsync, clients);
        var work = Task.WhenAll(clients.Select(client => client.WorkAsync(IsDone)));
        await killer.RunWhileAsync(work, Kills);
        await work;
        await failingOver;

        var told = clients.Sum(static client => client.Told);
        output.WriteLine(
            $"seed {seed}: {clients.Sum(static client => client.Answered)} requests, {killer.Kills} kills, {clients.Sum(static client => client.Repeated)} repeated for a gateway's death or a "
            + $"failover's sake, {told} times a loss was told, {violations.Count} violations");
        Assert.Equal(loseAsync is not null, told > 0);
        Assert.True(violations.Count == 0, string.Join('\n', violations));
        clients.ForEach(static client => client.Dispose());
    }

    /// <summary>Has the store fail over time and again, each time after as many requests, and lose what most of the clients have written and been shown last.</summary>
    private static async Task FailOverAsync(Func<Func<Task>, Task> loseAsync, List<CausalClient> clients)
    {
        const int RequestsLost = 20 * Clients;
        async Task AnswerAsync(long more)
        {
            var before = clients.Sum(static client => client.Answered);
            while (clients.Sum(static client => client.Answered) < before + more)
            {
                await Task.Delay(20);
            }
        }

        for (var failover = 0; failover < Failovers; failover++)
        {
            await AnswerAsync(Requests / (Failovers + 1) / 2);
            await loseAsync(() => AnswerAsync(RequestsLost));
        }
    }
}
