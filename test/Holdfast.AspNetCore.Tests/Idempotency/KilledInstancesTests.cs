using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Holdfast.TestServers;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>
/// R14: every key is sent twenty times at once while instances are killed, and has one effect and one response. Where the store fails over as well, and loses
/// something, that holds of every key of which no answer's stamps are lost.
/// </summary>
public sealed class KilledInstancesTests(ITestOutputHelper output) : IDisposable
{
    private const int Duplicates = 20;
    private const int Instances = 2;
    private const int KillsPerFailover = 6;
    private static readonly int Keys = Experiment.Count(20, 1000);
    private static readonly int Kills = Experiment.Count(2, 60);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(Experiment.Count(5, 120));

    private readonly ConcurrentDictionary<string, ConcurrentBag<KeyedAnswer>> answers = new();
    private readonly KeyedInstance[] instances = new KeyedInstance[Instances];
    private readonly HttpClient client = new(new SocketsHttpHandler { UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly long began = TimeProvider.System.GetTimestamp();
    private int kills;

    public void Dispose() => client.Dispose();

    [Fact]
    [Trait("Experiment", "R14")]
    [Trait("Engine", "node")]
    public async Task On_a_node_every_key_has_one_effect_and_one_response()
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-keyed-").FullName;
        await using (var engine = await EmbeddedEngine.OpenAsync(Path.Combine(folder, "state"), PatientOptions.Default))
        {
            var socket = Path.Combine(folder, "node.sock");
            await using var node = await StateNode.StartAsync(engine, new StateNodeOptions { UnixSocketPath = socket });
            Assert.Equal(0, await SendWhileInstancesDieAsync("redis+unix://" + socket));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    [Trait("Experiment", "R14")]
    [Trait("Engine", "Redis")]
    public async Task On_a_redis_server_every_key_has_one_effect_and_one_response()
    {
        await using var redis = await RedisServer.StartAsync();
        Assert.Equal(0, await SendWhileInstancesDieAsync(redis.ConnectionString));
    }

    [Fact]
    [Trait("Experiment", "R14")]
    [Trait("Engine", "sentinels")]
    [Trait("Runs", "long")]
    public async Task Under_sentinels_too_or_the_loss_is_told()
    {
        await using var trio = await SentinelTrio.StartAsync();
        Assert.NotEqual(0, await SendWhileInstancesDieAsync(trio.ConnectionString, trio.LoseAsync));
    }

    /// <summary>What a key does elsewhere may be done twice there: another primary keeps it, while the key's own loses that it was begun.</summary>
    [Fact]
    [Trait("Experiment", "R14")]
    [Trait("Engine", "cluster")]
    [Trait("Runs", "long")]
    public async Task In_a_cluster_too_in_the_keys_own_partition_or_the_loss_is_told()
    {
        await using var cluster = await RedisCluster.StartAsync();
        Assert.NotEqual(0, await SendWhileInstancesDieAsync(cluster.ConnectionString, cluster.LoseAsync, mostElsewhere: Duplicates));
    }

    /// <summary>Does it all, and answers of how many keys it was told that something is lost.</summary>
    private async Task<int> SendWhileInstancesDieAsync(string store, Func<Func<Task>, Task>? loseAsync = null, int mostElsewhere = 1)
    {
        try
        {
            for (var i = 0; i < Instances; i++)
            {
                instances[i] = await KeyedInstance.StartAsync(store);
            }

            await SendAsync(KillAsync(store, loseAsync));
            Assert.Equal(Kills, kills);
            return await JudgeAsync(mostElsewhere);
        }
        finally
        {
            Array.ForEach(instances, static instance => instance?.Dispose());
        }
    }

    private async Task<int> JudgeAsync(int mostElsewhere)
    {
        var (told, twice) = (0, 0);
        foreach (var (name, got) in answers)
        {
            Assert.Equal(Duplicates, got.Count);
            var read = await Task.WhenAll(got.Select(answer => ReadAsync(name, answer.Cookie)));
            if (read.Contains(null))
            {
                told++;
                continue;
            }

            Assert.Single(got.Select(static answer => answer.Text).Distinct());
            var counts = Assert.Single(read.Distinct())!.Split(' ');
            Assert.Equal("1", counts[0]);
            var elsewhere = int.Parse(counts[1], CultureInfo.InvariantCulture);
            Assert.InRange(elsewhere, 1, mostElsewhere);
            twice += elsewhere > 1 ? 1 : 0;
        }

        output.WriteLine($"{answers.Count} keys, {kills} kills; of {told} a loss was told, {twice} others had their effect elsewhere more than once");
        return told;
    }

    /// <summary>Sends every key, each so many times at once, and goes on with others while instances are killed.</summary>
    private async Task SendAsync(Task killing)
    {
        for (var sent = 0; sent < Keys || !killing.IsCompleted; sent++)
        {
            var name = $"key{sent}";
            await Task.WhenAll(Enumerable.Range(0, Duplicates).Select(duplicate => SendAsync(name, duplicate)));
        }

        await killing;
    }

    private async Task SendAsync(string name, int turn)
    {
        using var response = await AskAsync(
            turn,
            url => new HttpRequestMessage(HttpMethod.Post, new Uri(url, name)) { Headers = { { "Idempotency-Key", "\"k\"" } } },
            static response => response.StatusCode == HttpStatusCode.OK);
        var text = await response.Content.ReadAsStringAsync();
        answers.GetOrAdd(name, static _ => []).Add(new KeyedAnswer(text, SeenIn(response) ?? throw new InvalidOperationException($"The answer to {name} has no stamps.")));
    }

    /// <summary>What the key has done, or null for who is told that something is lost that it was shown.</summary>
    private async Task<string?> ReadAsync(string name, string cookie)
    {
        using var response = await AskAsync(
            0,
            url => new HttpRequestMessage(HttpMethod.Get, new Uri(url, name)) { Headers = { { "Cookie", cookie } } },
            static response => response.StatusCode == HttpStatusCode.OK || SeenIn(response) is not null);
        return response.StatusCode == HttpStatusCode.OK ? await response.Content.ReadAsStringAsync() : null;
    }

    /// <summary>Asks until it is answered so, now this instance, now that.</summary>
    private async Task<HttpResponseMessage> AskAsync(int turn, Func<Uri, HttpRequestMessage> ask, Predicate<HttpResponseMessage> isAnswered)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (TimeProvider.System.GetElapsedTime(began) < Patience)
        {
            try
            {
                using var request = ask(instances[turn++ % Instances].Url);
                var response = await client.SendAsync(request, patience.Token);
                if (isAnswered(response))
                {
                    return response;
                }

                Assert.Contains(response.StatusCode, (HttpStatusCode[])[HttpStatusCode.Conflict, HttpStatusCode.ServiceUnavailable]);
                response.Dispose();
            }
            catch (HttpRequestException)
            {
                // It was killed; the next one will do.
            }

            await Task.Delay(20, patience.Token);
        }

        throw new InvalidOperationException("It was never answered.");
    }

    private static string? SeenIn(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies.FirstOrDefault(static cookie => cookie.StartsWith(".Holdfast-Seen=", StringComparison.Ordinal))?.Split(';')[0] : null;

    private async Task KillAsync(string store, Func<Func<Task>, Task>? loseAsync)
    {
        for (; kills < Kills; kills++)
        {
            if (loseAsync is not null && kills % KillsPerFailover == 1)
            {
                await loseAsync(AnswerAsync);
            }

            await AnswerAsync();
            var victim = instances[kills % Instances];
            await victim.KillAsync();
            instances[kills % Instances] = await KeyedInstance.StartAsync(store);
            victim.Dispose();
        }
    }

    /// <summary>Waits until two more keys have an answer.</summary>
    private async Task AnswerAsync()
    {
        var before = answers.Count;
        while (answers.Count < before + 2)
        {
            await Task.Delay(20);
        }
    }
}
