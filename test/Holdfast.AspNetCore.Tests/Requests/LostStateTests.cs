using System.Net;
using Holdfast.AspNetCore.Tests.Sessions;
using Holdfast.TestServers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Requests;

/// <summary>A redis-server that keeps nothing forgets what it acknowledged when it is restarted.</summary>
public sealed class LostStateTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly HttpClient browser = WebHost.Browser();
    private RedisServer redis = null!;

    public async ValueTask InitializeAsync() => redis = await RedisServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await redis.DisposeAsync();
    }

    [Fact]
    public async Task A_lost_stamp_is_counted_once_and_the_client_goes_on()
    {
        await using var host = await StartAsync(refuse: false);
        using var lost = new LongCounter(host, "holdfast.stamps.lost");
        await LoseAsync(host);
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(host, "/get/a"));
        Assert.Equal(1, lost.Value);
        using (var set = await browser.PostAsync(host.At("/set/a"), new StringContent("2")))
        {
            Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        }

        Assert.Equal("2", await browser.GetStringAsync(host.At("/get/a")));
        Assert.Equal(1, lost.Value);
    }

    [Fact]
    public async Task A_lost_stamp_is_refused_once_where_that_is_asked_for()
    {
        await using var host = await StartAsync(refuse: true);
        await LoseAsync(host);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(host, "/get/a"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(host, "/get/a"));
        using var set = await browser.PostAsync(host.At("/set/a"), new StringContent("2"));
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        Assert.Equal("2", await browser.GetStringAsync(host.At("/get/a")));
    }

    [Fact]
    public async Task A_commit_that_was_made_is_answered_even_where_lost_state_is_refused()
    {
        await using var host = await StartAsync(refuse: true);
        using var lost = new LongCounter(host, "holdfast.stamps.lost");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(host, "/add"));
        await RestartAsync(host);
        Assert.Equal("1", await browser.GetStringAsync(host.At("/add")));
        Assert.Equal(1, lost.Value);
        Assert.Equal("2", await browser.GetStringAsync(host.At("/add")));
        Assert.Equal(1, lost.Value);
    }

    [Fact]
    public async Task A_loss_is_told_once_also_where_the_store_goes_on_in_a_lower_term()
    {
        await using var host = await StartAsync(refuse: false);
        using var lost = new LongCounter(host, "holdfast.stamps.lost");
        var partitions = host.Services.GetRequiredService<StateEngine>().Partitions;
        var head = $"hf:{{{partitions.TagOf(partitions.PartitionOf(new Address("thing", "x")))}}}:@head";
        await redis.CommandAsync("HSET", head, "rev", "0", "term", "8000000000000", "terms", "8000000000000:0");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(host, "/add"));
        await RestartAsync(host);
        foreach (var count in new[] { "1", "2", "3" })
        {
            Assert.Equal(count, await browser.GetStringAsync(host.At("/add")));
            Assert.Equal(1, lost.Value);
        }
    }

    private Task<WebHost> StartAsync(bool refuse) => WebHost.StartAsync(null, Map, options =>
    {
        options.State = redis.ConnectionString;
        options.Engine = PatientOptions.Default;
        options.RefuseLostState = refuse;
    });

    private static void Map(WebApplication app)
    {
        SessionTests.Map(app);
        app.MapGet("/add", async (HttpContext context) =>
        {
            var result = await context.GetState().CommitAsync(new Commit(RecordChange.Update(new Address("thing", "x")).Add("n", 1)));
            return result.Records[0]!.Counter("n");
        });
    }

    /// <summary>Makes a session and a data-protection key, and has the store forget the session, but not the key.</summary>
    private async Task LoseAsync(WebHost host)
    {
        using (var set = await browser.PostAsync(host.At("/set/a"), new StringContent("1")))
        {
            Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        }

        await RestartAsync(host);
    }

    private async Task RestartAsync(WebHost host)
    {
        await redis.KillAsync();
        await redis.RestartAsync();
        var engine = host.Services.GetRequiredService<StateEngine>();
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < Patience)
        {
            try
            {
                await engine.ReadHeadAsync(0);
                return;
            }
            catch (StateUnavailableException)
            {
                // Not connected again yet.
            }
        }

        Assert.Fail("The engine did not connect again.");
    }

    private async Task<HttpStatusCode> StatusAsync(WebHost host, string path)
    {
        using var response = await browser.GetAsync(host.At(path));
        return response.StatusCode;
    }
}
