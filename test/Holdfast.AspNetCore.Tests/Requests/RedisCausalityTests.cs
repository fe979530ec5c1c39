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
        using var browser = WebHost.Browser();
        await browser.GetStringAsync(Hosts[0].At("/set/a"));
        await browser.GetStringAsync(Hosts[0].At("/count"));
        var before = await RedisCalls.CountAsync(redis);
        for (var i = 0; i < 100; i++)
        {
            await browser.GetStringAsync(Hosts[0].At("/count"));
        }

        Assert.Equal(before, await RedisCalls.CountAsync(redis));
        for (var i = 0; i < 10; i++)
        {
            await browser.GetStringAsync(Hosts[0].At("/set/a"));
        }

        Assert.Equal(before + 10, await RedisCalls.CountAsync(redis));
    }

    [Fact]
    public async Task While_the_store_is_away_requests_are_answered_503_and_the_instances_recover_by_themselves()
    {
        using var browser = WebHost.Browser();
        await browser.GetStringAsync(Hosts[0].At("/set/a"));
        await redis.KillAsync();
        using (var write = await browser.GetAsync(Hosts[0].At("/set/b")))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, write.StatusCode);
            Assert.NotNull(write.Headers.RetryAfter);
            Assert.DoesNotContain("was set", await write.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        await redis.RestartAsync();
        var deadline = TimeProvider.System.GetTimestamp();
        while ((await browser.GetAsync(Hosts[1].At("/set/c"))).StatusCode != HttpStatusCode.OK)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(deadline) < Patience, "no recovery");
        }

        // This redis-server keeps nothing: the session was lost, which was noticed, and the client has a new one.
        Assert.Equal("1", await browser.GetStringAsync(Hosts[2].At("/count")));
    }

    protected override async Task<string> StartStoreAsync()
    {
        redis = await RedisServer.StartAsync();
        return redis.ConnectionString;
    }

    protected override ValueTask StopStoreAsync() => redis.DisposeAsync();
}
