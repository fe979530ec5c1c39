using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.Tests.Sessions;

/// <summary>Clients that come with a session of ASP.NET Core's own middleware, which ran beforehand.</summary>
public sealed class SessionMoveTests : IAsyncLifetime
{
    private readonly IDistributedCache cache = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));
    private readonly DirectoryInfo ring = Directory.CreateTempSubdirectory("holdfast-aspnet-");
    private readonly TestClock clock = new();
    private readonly CookieContainer jar = new();
    private HttpClient browser = null!;
    private CountingEngine engine = null!;
    private WebHost host = null!;

    public async ValueTask InitializeAsync()
    {
        browser = WebHost.Browser(jar);
        engine = await Engines.OpenAsync(clock);
        await VisitStockApplicationAsync();
        host = await WebHost.StartAsync(engine, Map, build: builder =>
        {
            builder.Services.AddSingleton(cache);
            builder.Services.AddHoldfastSessionMove();

            // The keys stay where the stock application has them.
            builder.Services.AddDataProtection().SetApplicationName("moved").PersistKeysToFileSystem(ring);
        });
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await host.DisposeAsync();
        await engine.DisposeAsync();
        ring.Delete(recursive: true);
    }

    [Fact]
    public async Task What_the_stock_session_holds_is_in_Holdfasts_from_the_first_request_on()
    {
        var before = jar.GetCookieHeader(host.Url);
        Assert.Equal("name,town", await browser.GetStringAsync(host.At("/keys")));
        Assert.Equal("Ada", await browser.GetStringAsync(host.At("/get/name")));
        var id = await browser.GetStringAsync(host.At("/id"));
        Assert.Equal("London", (await engine.ReadAsync(new Address("session", id))).Record!.Text("town"));
        Assert.DoesNotContain(".AspNetCore.Session", jar.GetCookieHeader(host.Url), StringComparison.Ordinal);

        // Who kept the cookie has no session of its own by it, and once Holdfast's is renewed or ended, none.
        Assert.Equal(id, await TextAsync("/id", before));
        await browser.GetStringAsync(host.At("/renew"));
        Assert.Equal("", await TextAsync("/keys", before));
        await browser.GetStringAsync(host.At("/end"));
        Assert.Equal("", await TextAsync("/keys", before));
    }

    [Fact]
    public async Task A_response_that_is_lost_loses_neither_the_session_nor_what_the_request_has_written()
    {
        var before = jar.GetCookieHeader(host.Url);
        using (var lost = await SendAsync("/set/lost", before, HttpMethod.Post))
        {
            Assert.Equal(HttpStatusCode.OK, lost.StatusCode);
        }

        Assert.Equal("lost,name,town", await TextAsync("/keys", before));
        Assert.Equal("lost,name,town", await browser.GetStringAsync(host.At("/keys")));
        Assert.Equal("lost,name,town", await browser.GetStringAsync(host.At("/keys")));
        Assert.Single(await engine.RecordsAsync("session"));
    }

    [Fact]
    public async Task First_requests_at_once_all_write_to_one_session_whosever_cookie_arrives_last()
    {
        var before = jar.GetCookieHeader(host.Url);
        var responses = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => SendAsync($"/set/key{i:00}", before, HttpMethod.Post)));
        var expected = string.Join(',', Enumerable.Range(0, 20).Select(static i => $"key{i:00}")) + ",name,town";
        foreach (var response in responses)
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(expected, await TextAsync("/keys", SentCookies.AllOf(response)));
        }

        // One that was sent before the others were answered, and arrives when the stock session is gone.
        Assert.Equal(expected, await TextAsync("/keys", before + "; " + SentCookies.AllOf(responses[0])));
        using var late = await SendAsync("/set/late", before, HttpMethod.Post);
        Assert.Equal(expected.Replace(",name", ",late,name", StringComparison.Ordinal), await TextAsync("/keys", SentCookies.AllOf(late)));
        Assert.Single(await engine.RecordsAsync("session"));
    }

    [Fact]
    public async Task A_key_that_first_requests_at_once_change_is_not_set_back_to_what_the_stock_session_held()
    {
        var before = jar.GetCookieHeader(host.Url);
        engine.BeforeCommit = async _ =>
        {
            engine.BeforeCommit = null;
            using var crossing = await SendAsync("/set/name", before, HttpMethod.Post, "Grace");
            Assert.Equal(HttpStatusCode.OK, crossing.StatusCode);
        };
        using var response = await SendAsync("/set/other", before, HttpMethod.Post);
        Assert.Equal("Grace", await TextAsync("/get/name", SentCookies.AllOf(response)));
    }

    [Fact]
    public async Task A_renewal_whose_response_is_lost_leaves_the_client_what_it_had_and_no_way_into_the_renewed_session()
    {
        var before = jar.GetCookieHeader(host.Url);
        using var lost = await SendAsync("/renew", before);
        Assert.Equal(HttpStatusCode.OK, lost.StatusCode);

        // It might as well be on its way still, and must not meet a session of its elder's.
        using (var early = await SendAsync("/set/early", before, HttpMethod.Post))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);
        }

        clock.Move(TimeSpan.FromSeconds(6));
        Assert.Equal("name,town", await TextAsync("/keys", before));
        Assert.Equal("name,renewed,town", await TextAsync("/keys", SentCookies.AllOf(lost)));
    }

    [Fact]
    public async Task A_renewal_takes_along_what_a_request_at_the_same_time_has_moved()
    {
        var before = jar.GetCookieHeader(host.Url);
        engine.BeforeCommit = async _ =>
        {
            engine.BeforeCommit = null;
            using var crossing = await SendAsync("/set/crossing", before, HttpMethod.Post);
            Assert.Equal(HttpStatusCode.OK, crossing.StatusCode);
        };
        using var renewal = await SendAsync("/renew", before);
        Assert.Equal("crossing,name,renewed,town", await TextAsync("/keys", SentCookies.AllOf(renewal)));
        Assert.Single(await engine.RecordsAsync("session"));
    }

    [Fact]
    public async Task A_keyed_request_that_moves_the_session_and_dies_counts_once_when_it_is_repeated()
    {
        var before = jar.GetCookieHeader(host.Url);
        var path = await ApartAsync("/keyed-count", before);
        engine.AfterCommit = (commit, result) =>
        {
            // The instance ends when the session is made.
            engine.CommitFault = commit.Changes.Any(static change => change.Address.Kind == "session") ? new CommitUnknownException("The process has ended.") : null;
            return Task.FromResult(result);
        };
        using (var lost = await SendAsync(path, before, HttpMethod.Post))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, lost.StatusCode);
        }

        (engine.AfterCommit, engine.CommitFault) = (null, null);
        clock.Move(IdempotencyOptions.DefaultClaimLifetime);
        using var repeated = await SendAsync(path, before, HttpMethod.Post);
        Assert.Equal(HttpStatusCode.OK, repeated.StatusCode);
        Assert.Equal("1", await TextAsync("/get/n", SentCookies.AllOf(repeated)));
    }

    [Fact]
    public async Task Who_signs_out_first_of_all_does_not_find_the_stock_session_again()
    {
        var before = jar.GetCookieHeader(host.Url);
        await browser.GetStringAsync(host.At("/end"));
        Assert.Equal("", await TextAsync("/keys", before));
    }

    [Theory]
    [InlineData("")]
    [InlineData("planted")]
    [InlineData("AAAAAAAAAAAAAAAA")]
    public async Task A_cookie_that_is_no_stock_session_makes_none(string value)
    {
        engine.Count();
        Assert.Equal("", await TextAsync("/keys", ".AspNetCore.Session=" + value));
        Assert.Equal((0, 0), engine.Count());
    }

    /// <summary>The path with a place for the key apart from the session: in the session's partition one commit would make both it and the response.</summary>
    private async Task<string> ApartAsync(string path, string cookies)
    {
        var session = new Address("session", await TextAsync("/id", cookies));
        Assert.True((await engine.CommitAsync(new Commit(RecordChange.Delete(session).When(Condition.Exists)))).IsCommitted);
        return $"{path}?at={engine.Partitions.Pin((engine.Partitions.PartitionOf(session) + 1) % engine.Partitions.Count, "x")}";
    }

    private async Task<string> TextAsync(string path, string cookies)
    {
        using var response = await SendAsync(path, cookies);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    private async Task<HttpResponseMessage> SendAsync(string path, string cookies, HttpMethod? method = null, string body = "x")
    {
        using var plain = WebHost.Plain();
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, host.At(path)) { Headers = { { "Cookie", cookies }, { "Idempotency-Key", "\"k\"" } } };
        request.Content = method is null ? null : new StringContent(body);
        return await plain.SendAsync(request);
    }

    private static void Map(WebApplication app)
    {
        SessionTests.Map(app);
        app.MapPost("/keyed-count", async (HttpContext context) =>
        {
            await context.GetState().SessionValues.IncrementAsync("n");
        }).WithIdempotency(static options => options with { Affinity = static context => context.Request.Query["at"] });
    }

    private async Task VisitStockApplicationAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(cache);
        builder.Services.AddSession();
        builder.Services.AddDataProtection().SetApplicationName("moved").PersistKeysToFileSystem(ring);
        await using var app = builder.Build();
        app.UseSession();
        app.MapGet("/", (HttpContext context) =>
        {
            context.Session.SetString("name", "Ada");
            context.Session.SetString("town", "London");
        });
        await app.StartAsync();
        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        using var response = await browser.GetAsync(new Uri(url));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
