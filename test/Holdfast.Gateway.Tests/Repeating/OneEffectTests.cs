using System.Collections.Concurrent;
using System.Net;
using Holdfast.TestServers;

namespace Holdfast.Gateway.Tests.Repeating;

/// <summary>Instances with Holdfast inside are killed under POSTs whose clients give no key and repeat nothing.</summary>
public sealed class OneEffectTests
{
    private const int Instances = 3;
    private const int Clients = 8;
    private static readonly int Kills = Experiment.Count(4, 60);
    private readonly KeyedInstance[] running = new KeyedInstance[Instances];
    private readonly int[] sent = new int[Clients];
    private readonly ConcurrentDictionary<(Uri Instance, int Client), bool> answered = new();

    [Fact]
    [Trait("Experiment", "R17")]
    public async Task Every_POST_is_answered_and_has_exactly_one_effect()
    {
        await using var rig = await Rig.StartAsync(instances: 0);
        try
        {
            for (var i = 0; i < Instances; i++)
            {
                await StartAsync(rig, i);
            }

            await LearnAsync(rig);
            using var ending = new CancellationTokenSource();
            var clients = Enumerable.Range(0, Clients).Select(client => PostAsync(rig, client, ending.Token)).ToArray();
            for (var kill = 0; kill < Kills; kill++)
            {
                // Of an instance that has not answered a path yet the gateway can't know that it heeds keys there.
                var doomed = running[kill % Instances];
                await Eventually.HoldsAsync(() => Task.FromResult(
                    Enumerable.Range(0, Clients).All(client => answered.ContainsKey((doomed.Url, client))) || clients.Any(static client => client.IsCompleted)));
                await doomed.KillAsync();
                await StartAsync(rig, kill % Instances);
            }

            await ending.CancelAsync();
            Assert.Empty((await Task.WhenAll(clients)).OfType<string>());
        }
        finally
        {
            Array.ForEach(running, static instance => instance?.Dispose());
        }

        await using var engine = await RedisEngine.OpenAsync(rig.Store.ConnectionString, PatientOptions.Default);
        for (var client = 0; client < Clients; client++)
        {
            Assert.Equal(sent[client], (await engine.ReadAsync(new Address("effect", $"n{client}"))).Record!.Counter("n"));
            Assert.Equal(sent[client], (await engine.ReadAsync(new Address("elsewhere", $"of:n{client}"))).Record!.Counter("n"));
        }
    }

    private async Task StartAsync(Rig rig, int number)
    {
        running[number] = await KeyedInstance.StartAsync(rig.Store.ConnectionString);
        await rig.RegisterAsync($"shop-{number}", running[number].Url);
    }

    private async Task LearnAsync(Rig rig)
    {
        for (var client = 0; client < Clients; client++)
        {
            await Eventually.HoldsAsync(async () =>
            {
                using var response = await rig.Client.PostAsync($"/n{client}", null);
                sent[client] += response.StatusCode == HttpStatusCode.OK ? 1 : 0;
                return response.StatusCode == HttpStatusCode.OK;
            });
        }
    }

    /// <summary>Posts one after the other. Returns what went wrong.</summary>
    private async Task<string?> PostAsync(Rig rig, int client, CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
        {
            sent[client]++;
            using var form = new FormUrlEncodedContent([new("number", $"{sent[client]}")]);
            using var response = await rig.Client.PostAsync($"/n{client}", form, CancellationToken.None);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                return $"n{client}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(CancellationToken.None)}";
            }

            answered[(new Uri(response.Headers.GetValues("Answered-By").Single()), client)] = true;
        }

        return null;
    }
}
