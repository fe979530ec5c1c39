using System.Net;
using Holdfast.AspNetCore.Logins;
using Holdfast.AspNetCore.Tests.Logins;
using Holdfast.AspNetCore.Tests.Requests;
using Holdfast.TestServers;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Security;

/// <summary>Two instances, each with an engine and near cache of its own, on redis-server; the second one's way to it can be held up.</summary>
public sealed class RevocationTests : IAsyncLifetime
{
    /// <summary>Ten times what is promised.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    /// <summary>Ten times what is promised of an expiry, and the second for which the session lasts.</summary>
    private static readonly TimeSpan ExpiryBound = TimeSpan.FromSeconds(31);

    private readonly CookieContainer jar = new();
    private HttpClient browser = null!;
    private RedisServer redis = null!;
    private FaultProxy proxy = null!;
    private StateEngine oneEngine = null!;
    private StateEngine otherEngine = null!;
    private WebHost one = null!;
    private WebHost other = null!;

    public async ValueTask InitializeAsync()
    {
        browser = WebHost.Browser(jar);
        redis = await RedisServer.StartAsync(isTcp: true);
        proxy = new FaultProxy(redis.Port);
        // The one whose round trips are counted has no time in which the near cache's proof that it hears of changes could lapse.
        oneEngine = await StateEngines.OpenAsync(redis.ConnectionString, PatientOptions.Default with { Clock = new StandingClock() });
        otherEngine = await StateEngines.OpenAsync(proxy.ConnectionString, PatientOptions.Default);
        one = await SignInApp.StartAsync(oneEngine);
        other = await SignInApp.StartAsync(otherEngine);
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await one.DisposeAsync();
        await other.DisposeAsync();
        await oneEngine.DisposeAsync();
        await otherEngine.DisposeAsync();
        await proxy.DisposeAsync();
        await redis.DisposeAsync();
    }

    [Theory]
    [InlineData("/sign-in/ada", "/me")]
    [InlineData("/state/sign-in/ada", "/state/me")]
    [Trait("Attack", "A17")]
    public async Task A_session_that_is_ended_on_one_instance_is_401_on_the_other_within_the_bound(string signIn, string me)
    {
        for (var i = 0; i < 10; i++)
        {
            await browser.GetStringAsync(one.At(signIn));
            Assert.Equal("ada", await browser.GetStringAsync(other.At(me)));
            Assert.Equal(1, await DirectoryOf(one).EndAllAsync("ada"));
            Assert.Equal(HttpStatusCode.Unauthorized, await FirstOtherThanAsync(HttpStatusCode.OK, me, other));
            Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(one.At(me))).StatusCode);
        }
    }

    [Theory]
    [InlineData("/sign-in/ada", "/me")]
    [InlineData("/state/sign-in/ada", "/state/me")]
    [Trait("Attack", "A17")]
    public async Task An_instance_that_is_cut_off_from_the_store_lets_nobody_in_and_learns_of_the_end_when_it_is_back(string signIn, string me)
    {
        await using var hasty = await StateEngines.OpenAsync(proxy.ConnectionString, new StateEngineOptions { CommitTimeout = TimeSpan.FromSeconds(3) });
        await using var cutOff = await SignInApp.StartAsync(hasty);
        await browser.GetStringAsync(one.At(signIn));
        Assert.Equal(HttpStatusCode.OK, await FirstOtherThanAsync(HttpStatusCode.ServiceUnavailable, me, cutOff));
        proxy.Hold();
        await DirectoryOf(one).EndAllAsync("ada");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await FirstOtherThanAsync(HttpStatusCode.OK, me, cutOff));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await browser.GetAsync(cutOff.At(me))).StatusCode);
        }

        proxy.Release();
        Assert.Equal(HttpStatusCode.Unauthorized, await FirstOtherThanAsync(HttpStatusCode.ServiceUnavailable, me, cutOff));
    }

    [Theory]
    [InlineData("/sign-in/ada")]
    [InlineData("/state/sign-in/ada")]
    [Trait("Attack", "A17")]
    public async Task A_connection_that_is_open_on_the_other_instance_is_told_within_the_bound(string signIn)
    {
        for (var i = 0; i < 5; i++)
        {
            await browser.GetStringAsync(one.At(signIn));
            using var stream = await browser.GetStreamAsync(other.At("/stream"));
            var said = new byte["live.ended".Length];
            await stream.ReadExactlyAsync(said.AsMemory(0, 5));
            Assert.Equal(1, await DirectoryOf(one).EndAllAsync("ada"));
            await stream.ReadExactlyAsync(said.AsMemory(5)).AsTask().WaitAsync(Bound);
            Assert.Equal("live.ended", System.Text.Encoding.ASCII.GetString(said));
        }
    }

    [Theory]
    [InlineData("/begin")]
    [InlineData("/state/sign-in/ada")]
    public async Task A_connection_is_told_when_its_session_has_expired(string begin)
    {
        await browser.GetStringAsync(one.At(begin));
        using var stream = await browser.GetStreamAsync(other.At("/stream"));
        var said = new byte["live.ended".Length];
        await stream.ReadExactlyAsync(said.AsMemory(0, 5));
        var session = new Address("session", (await browser.GetStringAsync(one.At("/session"))).Split(' ')[0]);
        await oneEngine.CommitAsync(new Commit(RecordChange.Keep(session).ExpireAfter(TimeSpan.FromSeconds(1))));
        await stream.ReadExactlyAsync(said.AsMemory(5)).AsTask().WaitAsync(ExpiryBound);
        Assert.Equal("live.ended", System.Text.Encoding.ASCII.GetString(said));
    }

    [Fact]
    public async Task Being_signed_in_costs_no_round_trip_and_signing_in_and_out_two_each()
    {
        await CostApartAsync("/sign-in/ada", "ada", browser);
        Assert.Equal(0, await CostAsync(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                Assert.Equal("ada", await browser.GetStringAsync(one.At("/me")));
                Assert.Equal("ada", await browser.GetStringAsync(one.At("/state/me")));
            }
        }));
        Assert.Equal(2, await CostAsync(() => browser.GetStringAsync(one.At("/sign-out"))));
        Assert.Equal(2, await CostApartAsync("/sign-in/ada", "ada", browser));
        Assert.Equal(2, await CostApartAsync("/sign-in/ada", "ada", browser));
        Assert.Equal(2, await CostAsync(() => browser.GetStringAsync(one.At("/state/renew"))));

        // Of a user that this instance has not heard of, the directory is read first. (In a partition that nobody used since the store
        // started, the first commit takes one more: there are none of those here.)
        using var another = WebHost.Browser();
        await CostApartAsync("/begin", "bob", another);
        await otherEngine.CommitAsync(new Commit(RecordChange.Update(new Address("thing", "bob")).Set("a", "b")));
        Assert.Equal(3, await CostAsync(() => another.GetStringAsync(one.At("/state/sign-in/bob"))));
    }

    private static SessionDirectory DirectoryOf(WebHost host) => host.Services.GetRequiredService<SessionDirectory>();

    private async Task<long> CostAsync(Func<Task> work)
    {
        var before = await RedisCalls.CountAsync(redis);
        await work();
        return await RedisCalls.CountAsync(redis) - before;
    }

    /// <summary>
    /// What the request costs that leaves its client with a session in another partition than the user's directory. By chance they share one, and
    /// change in one commit: then it is made again, by a client that has signed out.
    /// </summary>
    private async Task<long> CostApartAsync(string path, string user, HttpClient client)
    {
        var ofUser = oneEngine.Partitions.PartitionOf(LoginRecord.AddressOf(user));
        while (true)
        {
            var cost = await CostAsync(() => client.GetStringAsync(one.At(path)));
            var session = (await client.GetStringAsync(one.At("/session"))).Split(' ')[0];
            if (oneEngine.Partitions.PartitionOf(session) != ofUser)
            {
                return cost;
            }

            await client.GetStringAsync(one.At("/state/end"));
        }
    }

    /// <summary>What the instance answers once it answers something else.</summary>
    private async Task<HttpStatusCode> FirstOtherThanAsync(HttpStatusCode expected, string path, WebHost host)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            using var response = await browser.GetAsync(host.At(path));
            if (response.StatusCode != expected)
            {
                return response.StatusCode;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(began) < Bound, $"{path} is still answered {expected}");
        }
    }
}
