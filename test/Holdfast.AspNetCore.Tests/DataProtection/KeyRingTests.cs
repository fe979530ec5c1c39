using System.Net;
using System.Xml.Linq;
using Holdfast.AspNetCore.Cookies;
using Holdfast.AspNetCore.DataProtection;
using Holdfast.AspNetCore.Tests.Sessions;
using Holdfast.TestServers;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.DataProtection;

public sealed class KeyRingTests : IAsyncLifetime
{
    private static readonly Address Ring = new("keyring", "default");
    private readonly TestClock clock = new();
    private CountingEngine engine = null!;

    public async ValueTask InitializeAsync() => engine = await Engines.OpenAsync(clock);

    public ValueTask DisposeAsync() => engine.DisposeAsync();

    [Fact]
    public async Task Eight_hosts_that_start_at_once_on_an_empty_store_make_one_key()
    {
        // None gets to store its key before each has found the ring empty and made one.
        var all = new TaskCompletionSource();
        var arrived = 0;
        engine.BeforeCommit = commit =>
        {
            if (commit.Changes[0].Address == Ring && Interlocked.Increment(ref arrived) == 8)
            {
                all.SetResult();
            }

            return commit.Changes[0].Address == Ring ? all.Task : Task.CompletedTask;
        };
        var hosts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => WebHost.StartAsync(engine, SessionTests.Map))));
        engine.BeforeCommit = null;
        Assert.Equal(8, arrived);
        Assert.Single((await engine.ReadAsync(Ring)).Record!.Fields);

        using var browser = WebHost.Browser();
        using (await browser.PostAsync(hosts[0].At("/set/a"), new StringContent("1")))
        {
            var sealedText = hosts[0].Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("test").Protect("text");
            foreach (var host in hosts)
            {
                Assert.Equal("1", await browser.GetStringAsync(host.At("/get/a")));
                Assert.Equal("text", host.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("test").Unprotect(sealedText));
            }
        }

        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task Eight_hosts_with_engines_of_their_own_that_start_at_once_on_Redis_make_one_key()
    {
        await using var redis = await RedisServer.StartAsync();
        var hosts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
            WebHost.StartAsync(null, SessionTests.Map, options => (options.State, options.Engine) = (redis.ConnectionString, PatientOptions.Default)))));
        var store = hosts[0].Services.GetRequiredService<StateEngine>();
        Assert.Single((await store.ReadAsync(Ring)).Record!.Fields);
        using var browser = WebHost.Browser();
        await browser.PostAsync(hosts[0].At("/set/a"), new StringContent("1"));
        foreach (var host in hosts)
        {
            Assert.Equal("1", await browser.GetStringAsync(host.At("/get/a")));
            await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_ring_never_expires_and_outlives_the_hosts()
    {
        await using (await WebHost.StartAsync(engine, SessionTests.Map))
        {
        }

        var before = (await engine.ReadAsync(Ring)).Record!;
        Assert.Null(before.Deadline);
        await using (await WebHost.StartAsync(engine, SessionTests.Map))
        {
        }

        Assert.Equal(before.Revision, (await engine.ReadAsync(Ring)).Record!.Revision);
    }

    [Fact]
    public async Task A_revoked_key_opens_no_cookie_any_more()
    {
        await using var host = await WebHost.StartAsync(engine, SessionTests.Map);
        using var browser = WebHost.Browser();
        await browser.PostAsync(host.At("/set/a"), new StringContent("1"));
        Assert.Equal("1", await browser.GetStringAsync(host.At("/get/a")));
        var keys = host.Services.GetRequiredService<IKeyManager>();
        keys.RevokeKey(keys.GetAllKeys().Single().KeyId);
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync(host.At("/get/a"))).StatusCode);

        // The next session is sealed under a key that was made in its stead.
        await browser.PostAsync(host.At("/set/a"), new StringContent("2"));
        Assert.Equal("2", await browser.GetStringAsync(host.At("/get/a")));
        Assert.Equal(2, keys.GetAllKeys().Count);
    }

    [Fact]
    public async Task While_the_store_is_away_a_ring_that_has_changed_is_read_again_every_ten_seconds_and_not_at_each_request()
    {
        await using var host = await WebHost.StartAsync(engine, SessionTests.Map);
        var ring = host.Services.GetRequiredService<CookieKeyRing>();
        var before = ring.Sealing;
        var keys = host.Services.GetRequiredService<IKeyManager>();
        keys.RevokeKey(before.Id);
        engine.ReadFault = new StateUnavailableException("away");
        Assert.Equal(before.Id, ring.Sealing.Id);
        engine.Count();
        Assert.Equal(before.Id, ring.Sealing.Id);
        clock.Move(TimeSpan.FromSeconds(9));
        Assert.Equal(before.Id, ring.Sealing.Id);
        Assert.Equal(0, engine.Reads);

        clock.Move(TimeSpan.FromSeconds(1));
        Assert.Equal(before.Id, ring.Sealing.Id);
        Assert.NotEqual(0, engine.Reads);
        engine.ReadFault = null;
        clock.Move(TimeSpan.FromSeconds(10));
        Assert.NotEqual(before.Id, ring.Sealing.Id);
    }

    [Fact]
    public async Task A_key_that_another_instance_made_later_is_found_when_a_cookie_names_it()
    {
        await using var first = await WebHost.StartAsync(engine, SessionTests.Map);
        await using var second = await WebHost.StartAsync(engine, SessionTests.Map);
        var keys = first.Services.GetRequiredService<IKeyManager>();
        keys.RevokeKey(keys.GetAllKeys().Single().KeyId);

        // The second host reads the ring again for an unknown key at most once a second.
        clock.Move(TimeSpan.FromSeconds(2));
        using var browser = WebHost.Browser();
        await browser.PostAsync(first.At("/set/a"), new StringContent("1"));
        Assert.Equal("1", await browser.GetStringAsync(second.At("/get/a")));
    }

    [Fact]
    public void A_new_key_is_covered_by_one_that_serves_as_long_unless_that_was_revoked()
    {
        var now = DateTimeOffset.UtcNow;
        var id = Guid.NewGuid();
        var own = Key(Guid.NewGuid(), now, now.AddDays(90));
        Assert.False(KeyElement.IsCovered(own, []));
        Assert.True(KeyElement.IsCovered(own, [Key(id, now.AddSeconds(2), now.AddDays(90).AddSeconds(-1))]));
        Assert.False(KeyElement.IsCovered(own, [Key(id, now.AddDays(1), now.AddDays(91))]));
        Assert.False(KeyElement.IsCovered(own, [Key(id, now.AddDays(-89), now.AddDays(1))]));
        Assert.False(KeyElement.IsCovered(own, [Key(id, now, now.AddDays(90)), Revocation(id.ToString(), now)]));
        Assert.False(KeyElement.IsCovered(own, [Key(id, now, now.AddDays(90)), Revocation("*", now.AddSeconds(1))]));
        Assert.True(KeyElement.IsCovered(own, [Key(id, now, now.AddDays(90)), Revocation("*", now.AddSeconds(-1))]));
    }

    [Fact]
    public async Task A_ring_that_is_no_XML_stops_the_start_and_is_named()
    {
        await engine.CommitAsync(new Commit(RecordChange.Update(Ring).Set("key-1", "not xml")));
        var fault = await Assert.ThrowsAsync<StateCorruptException>(() => WebHost.StartAsync(engine, SessionTests.Map));
        Assert.Contains("key-1", fault.Message, StringComparison.Ordinal);
    }

    private static XElement Key(Guid id, DateTimeOffset activation, DateTimeOffset expiration) =>
        new("key", new XAttribute("id", id), new XElement("creationDate", activation), new XElement("activationDate", activation), new XElement("expirationDate", expiration));

    private static XElement Revocation(string id, DateTimeOffset date) =>
        new("revocation", new XElement("revocationDate", date), new XElement("key", new XAttribute("id", id)));
}
