using System.Globalization;
using System.Net;
using Holdfast.Redis;
using Holdfast.TestServers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Requests;

/// <summary>Several instances, each with an engine and near cache of its own, on one real redis-server.</summary>
public sealed class CausalityTests : IAsyncLifetime
{
    private const int Instances = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly List<CountingEngine> engines = [];
    private readonly List<WebHost> hosts = [];
    private RedisServer redis = null!;

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServer.StartAsync();
        for (var i = 0; i < Instances; i++)
        {
            var engine = new CountingEngine(await RedisEngine.OpenAsync(
                redis.ConnectionString, new StateEngineOptions { CommitTimeout = TimeSpan.FromSeconds(2) }));
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

        await redis.DisposeAsync();
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

    [Fact]
    public async Task Reading_a_warm_session_costs_no_round_trip_and_writing_it_one()
    {
        using var browser = WebHost.Browser();
        await browser.GetStringAsync(hosts[0].At("/set/a"));
        await browser.GetStringAsync(hosts[0].At("/count"));
        var before = await CallsAsync();
        for (var i = 0; i < 100; i++)
        {
            await browser.GetStringAsync(hosts[0].At("/count"));
        }

        Assert.Equal(before, await CallsAsync());
        for (var i = 0; i < 10; i++)
        {
            await browser.GetStringAsync(hosts[0].At("/set/a"));
        }

        Assert.Equal(before + 10, await CallsAsync());
    }

    [Fact]
    public async Task While_the_store_is_away_requests_are_answered_503_and_the_instances_recover_by_themselves()
    {
        using var browser = WebHost.Browser();
        await browser.GetStringAsync(hosts[0].At("/set/a"));
        await redis.KillAsync();
        using (var write = await browser.GetAsync(hosts[0].At("/set/b")))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, write.StatusCode);
            Assert.NotNull(write.Headers.RetryAfter);
            Assert.DoesNotContain("was set", await write.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        await redis.RestartAsync();
        var deadline = TimeProvider.System.GetTimestamp();
        while ((await browser.GetAsync(hosts[1].At("/set/c"))).StatusCode != HttpStatusCode.OK)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(deadline) < Patience, "no recovery");
        }

        // This redis-server keeps nothing: the session was lost, which was noticed, and the client has a new one.
        Assert.Equal("1", await browser.GetStringAsync(hosts[2].At("/count")));
    }

    private static void Map(WebApplication app)
    {
        app.UseHoldfast();
        app.MapGet("/set/{key}", (string key, HttpContext context) =>
        {
            context.Session.SetString(key, "x");
            return key + " was set";
        });
        app.MapGet("/count", (HttpContext context) => context.Session.Keys.Count().ToString(CultureInfo.InvariantCulture));
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

    /// <summary>How many functions the server has run.</summary>
    private async Task<long> CallsAsync()
    {
        var stats = await redis.CommandAsync("EVAL", "local t = 0; for n in string.gmatch(redis.call('INFO', 'commandstats'), 'cmdstat_fcall[^:]*:calls=(%d+)') do t = t + n end; return t", "0");
        return long.Parse(stats.TrimStart(':'), CultureInfo.InvariantCulture);
    }
}
