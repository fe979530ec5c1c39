using System.Collections.Concurrent;
using System.Net;
using Holdfast.TestServers;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>R14: every key is sent twenty times at once while instances are killed, and has one effect and one response.</summary>
public sealed class KilledInstancesTests
{
    private const int Duplicates = 20;
    private const int Instances = 2;
    private static readonly int Keys = Experiment.Count(20, 1000);
    private static readonly int Kills = Experiment.Count(2, 60);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(Experiment.Count(5, 120));

    private readonly ConcurrentDictionary<string, ConcurrentBag<string>> answers = new();
    private readonly KeyedInstance[] instances = new KeyedInstance[Instances];
    private readonly long began = TimeProvider.System.GetTimestamp();
    private int kills;

    [Fact]
    [Trait("Experiment", "R14")]
    public async Task On_a_node_every_key_has_one_effect_and_one_response()
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-keyed-").FullName;
        await using (var engine = await EmbeddedEngine.OpenAsync(Path.Combine(folder, "state"), PatientOptions.Default))
        {
            var socket = Path.Combine(folder, "node.sock");
            await using var node = await StateNode.StartAsync(engine, new StateNodeOptions { UnixSocketPath = socket });
            await SendWhileInstancesDieAsync("redis+unix://" + socket);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    [Trait("Experiment", "R14")]
    public async Task On_a_redis_server_every_key_has_one_effect_and_one_response()
    {
        await using var redis = await RedisServer.StartAsync();
        await SendWhileInstancesDieAsync(redis.ConnectionString);
    }

    private async Task SendWhileInstancesDieAsync(string store)
    {
        try
        {
            for (var i = 0; i < Instances; i++)
            {
                instances[i] = await KeyedInstance.StartAsync(store);
            }

            await SendAsync(KillAsync(store));
        }
        finally
        {
            Array.ForEach(instances, static instance => instance?.Dispose());
        }

        await using var engine = await StateEngines.OpenAsync(store, PatientOptions.Default);
        foreach (var (name, got) in answers)
        {
            Assert.Equal(Duplicates, got.Count);
            Assert.Single(got.Distinct());
            Assert.Equal(1, (await engine.ReadAsync(new Address("effect", name))).Record!.Counter("n"));
            Assert.Equal(1, (await engine.ReadAsync(new Address("elsewhere", "of:" + name))).Record!.Counter("n"));
        }

        Assert.Equal(Kills, kills);
    }

    /// <summary>Sends every key, each so many times at once, and goes on with others while instances are killed.</summary>
    private async Task SendAsync(Task killing)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
        for (var sent = 0; sent < Keys || !killing.IsCompleted; sent++)
        {
            var name = $"key{sent}";
            await Task.WhenAll(Enumerable.Range(0, Duplicates).Select(duplicate => SendAsync(client, name, duplicate)));
        }

        await killing;
    }

    /// <summary>Sends until it is answered, now to this instance, now to that.</summary>
    private async Task SendAsync(HttpClient client, string name, int turn)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (TimeProvider.System.GetElapsedTime(began) < Patience)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(instances[turn++ % Instances].Url, name)) { Headers = { { "Idempotency-Key", "\"k\"" } } };
                using var response = await client.SendAsync(request, patience.Token);
                if (response.StatusCode == HttpStatusCode.OK)
                {
                    answers.GetOrAdd(name, static _ => []).Add(await response.Content.ReadAsStringAsync(patience.Token));
                    return;
                }

                Assert.Contains(response.StatusCode, (HttpStatusCode[])[HttpStatusCode.Conflict, HttpStatusCode.ServiceUnavailable]);
            }
            catch (HttpRequestException)
            {
                // It was killed; the next one will do.
            }

            await Task.Delay(20, patience.Token);
        }

        Assert.Fail($"{name} was never answered.");
    }

    private async Task KillAsync(string store)
    {
        for (; kills < Kills; kills++)
        {
            var before = answers.Count;
            while (answers.Count < before + 2)
            {
                await Task.Delay(20);
            }

            var victim = instances[kills % Instances];
            await victim.KillAsync();
            instances[kills % Instances] = await KeyedInstance.StartAsync(store);
            victim.Dispose();
        }
    }
}
