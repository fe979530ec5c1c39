using System.Net;
using Holdfast.TestServers;

namespace Holdfast.AspNetCore.Tests.Requests;

/// <summary>On redis-server, whose own count of calls tells what requests cost.</summary>
public sealed class RedisCausalityTests : CausalityTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private RedisServer redis = null!;

    [Fact]
    public async Task Reading_a_warm_session_costs_no_round_trip_and_writing_it_one()
    {
        // The near cache's proof that it hears of changes lasts a second, in which a busy machine may make no request.
        await using var engine = await StateEngines.OpenAsync(redis.ConnectionString, PatientOptions.Default with { Clock = new StandingClock() });
        await using var host = await WebHost.StartAsync(engine, Map);
        using var browser = WebHost.Browser();
        await browser.GetStringAsync(host.At("/set/a"));
        await browser.GetStringAsync(host.At("/count"));
        var before = await RedisCalls.CountAsync(redis);
        for (var i = 0; i < 100; i++)
        {
            await browser.GetStringAsync(host.At("/count"));
        }

        Assert.Equal(before, await RedisCalls.CountAsync(redis));
        for (var i = 0; i < 10; i++)
        {
            await browser.GetStringAsync(host.At("/set/a"));
        }

        Assert.Equal(before + 10, await RedisCalls.CountAsync(redis));
    }

    [Fact]
    public async Task While_the_store_is_away_requests_are_answered_503_and_the_instances_recover_by_themselves()
    {
        await using var hasty = await StateEngines.OpenAsync(redis.ConnectionString);
        await using var host = await WebHost.StartAsync(hasty, Map);
        using var browser = WebHost.Browser();
        await browser.GetStringAsync(host.At("/set/a"));
        await redis.KillAsync();
        using (var write = await browser.GetAsync(host.At("/set/b")))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, write.StatusCode);
            Assert.NotNull(write.Headers.RetryAfter);
            Assert.DoesNotContain("was set", await write.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        await redis.RestartAsync();
        await RecoveredAsync(browser, Hosts[1].At("/set/c"));

        // This redis-server keeps nothing: the session was lost, which was noticed, and the client has a new one.
        Assert.Equal("1", await RecoveredAsync(browser, Hosts[2].At("/count")));
        Assert.Equal("1", await RecoveredAsync(browser, host.At("/count")));
    }

    /// <summary>What is answered once the instance has found the store again.</summary>
    private static async Task<string> RecoveredAsync(HttpClient browser, Uri url)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            using var response = await browser.GetAsync(url);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                return await response.Content.ReadAsStringAsync();
            }

            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"{url} is still answered {response.StatusCode}");
        }
    }

    protected override async Task<string> StartStoreAsync()
    {
        redis = await RedisServer.StartAsync();
        return redis.ConnectionString;
    }

    protected override ValueTask StopStoreAsync() => redis.DisposeAsync();
}
