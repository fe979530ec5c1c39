using System.Globalization;
using Holdfast.TestServers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Requests;

/// <summary>Several instances, each with an engine and near cache of its own, on one real store.</summary>
public abstract class CausalityTests : IAsyncLifetime
{
    private const int Instances = 3;
    private readonly List<StateEngine> engines = [];
    private readonly List<WebHost> hosts = [];

    internal IReadOnlyList<WebHost> Hosts => hosts;

    public async ValueTask InitializeAsync()
    {
        var store = await StartStoreAsync();
        for (var i = 0; i < Instances; i++)
        {
            var engine = await StateEngines.OpenAsync(store, PatientOptions.Default);
            engines.Add(engine);
            hosts.Add(await WebHost.StartAsync(engine, Map));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }

        foreach (var engine in engines)
        {
            await engine.DisposeAsync();
        }

        await StopStoreAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_client_reads_its_own_writes_on_every_instance_every_time()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async client =>
        {
            using var browser = WebHost.Browser();
            for (var i = 1; i <= 400; i++)
            {
                var writer = hosts[(client + i) % Instances];
                var reader = hosts[(client + i + 1 + (i % 2)) % Instances];
                var sku = i % 4;
                await browser.GetStringAsync(writer.At($"/put/client{client}-{sku}/{i}"));
                Assert.Equal($"{i}|{i}", await browser.GetStringAsync(reader.At($"/both/client{client}-{sku}")));
            }
        }));
    }

    [Fact]
    public async Task What_a_client_was_shown_of_others_never_goes_back()
    {
        using var done = new CancellationTokenSource();
        var writer = Task.Run(async () =>
        {
            for (var i = 1; !done.IsCancellationRequested; i++)
            {
                await engines[i % Instances].CommitAsync(new Commit(RecordChange.Update(new Address("stock", "shared")).Max("n", i)));
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async client =>
        {
            using var browser = WebHost.Browser();
            await browser.GetStringAsync(hosts[0].At("/put/begin/1"));
            long shown = 0;
            for (var i = 0; i < 400; i++)
            {
                var next = long.Parse(await browser.GetStringAsync(hosts[(client + i) % Instances].At("/stock")), CultureInfo.InvariantCulture);
                Assert.True(next >= shown, $"{shown} was shown, then {next}");
                shown = next;
            }
        }));
        await done.CancelAsync();
        await writer;
    }

    [Fact]
    public async Task Parallel_requests_on_several_instances_that_set_different_keys_all_count()
    {
        using var browser = WebHost.Browser();
        await browser.GetStringAsync(hosts[0].At("/set/first"));
        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => browser.GetStringAsync(hosts[i % Instances].At("/set/key" + i))));
        await browser.GetStringAsync(hosts[0].At("/set/last"));
        foreach (var host in hosts)
        {
            Assert.Equal("62", await browser.GetStringAsync(host.At("/count")));
        }
    }

    [Theory]
    [InlineData("/serialized", 20)]
    [InlineData("/counted", 200)]
    public async Task Parallel_increments_of_one_session_on_several_instances_all_count(string path, int requests)
    {
        // The last one's turn has to come within 30 s.
        using var browser = WebHost.Browser();
        await browser.GetStringAsync(hosts[0].At("/set/first"));
        await Task.WhenAll(Enumerable.Range(0, requests).Select(i => browser.GetStringAsync(hosts[i % Instances].At(path))));
        foreach (var host in hosts)
        {
            Assert.Equal($"{requests}", await browser.GetStringAsync(host.At(path + "-so-far")));
        }
    }

    /// <summary>Starts the store and tells how to connect to it.</summary>
    protected abstract Task<string> StartStoreAsync();

    /// <summary>Ends the store.</summary>
    protected abstract ValueTask StopStoreAsync();

    /// <summary>What each instance serves.</summary>
    protected static void Map(WebApplication app)
    {
        app.UseHoldfast();
        app.MapGet("/set/{key}", (string key, HttpContext context) =>
        {
            context.Session.SetString(key, "x");
            return key + " was set";
        });
        app.MapGet("/count", (HttpContext context) => context.Session.Keys.Count().ToString(CultureInfo.InvariantCulture));
        app.MapGet("/serialized", async (HttpContext context) =>
        {
            await context.Session.LoadAsync();
            context.Session.SetInt32("serialized", (context.Session.GetInt32("serialized") ?? 0) + 1);
        }).WithSessionConcurrency(SessionConcurrency.Serialize);
        app.MapGet("/serialized-so-far", (HttpContext context) => context.Session.GetInt32("serialized")?.ToString(CultureInfo.InvariantCulture));
        app.MapGet("/counted", async (HttpContext context) => { await context.GetState().SessionValues.IncrementAsync("counted"); });
        app.MapGet("/counted-so-far", (HttpContext context) => context.Session.GetString("counted"));
        app.MapGet("/put/{name}/{value}", async (string name, string value, HttpContext context) =>
        {
            context.Session.SetString(name, value);
            await context.GetState().CommitAsync(new Commit(RecordChange.Update(new Address("thing", name)).Set("value", value)));
        });
        app.MapGet("/both/{name}", async (string name, HttpContext context) =>
        {
            var record = await context.GetState().ReadAsync(new Address("thing", name), context.RequestAborted);
            return $"{context.Session.GetString(name)}|{record?.Text("value")}";
        });
        app.MapGet("/stock", async (HttpContext context) =>
            (await context.GetState().ReadAsync(new Address("stock", "shared")))?.Counter("n").ToString(CultureInfo.InvariantCulture) ?? "0");
    }
}
