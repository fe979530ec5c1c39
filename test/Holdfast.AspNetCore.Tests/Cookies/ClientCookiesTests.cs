using System.Net;
using Holdfast.AspNetCore.Cookies;
using Holdfast.AspNetCore.Tests.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Cookies;

public sealed class ClientCookiesTests : IAsyncLifetime
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private CountingEngine engine = null!;
    private readonly HttpClient client = WebHost.Plain();
    private WebHost host = null!;

    public async ValueTask InitializeAsync()
    {
        engine = await Engines.OpenAsync();
        host = await WebHost.StartAsync(engine, Map);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await host.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task Both_cookies_are_HttpOnly_Lax_for_the_whole_host_and_short()
    {
        using var response = await SendAsync("/set/a", null);
        Assert.Equal(2, SentCookies.HeadersOf(response).Count);
        foreach (var name in (string[])[SentCookies.Session, SentCookies.Seen])
        {
            var header = SentCookies.HeaderOf(response, name)!;
            Assert.Contains("; path=/; samesite=lax; httponly", header, StringComparison.Ordinal);
            Assert.DoesNotContain("expires", header, StringComparison.Ordinal);
            Assert.True(header.Length < 250, header);
        }
    }

    [Fact]
    public async Task Over_HTTPS_the_cookies_have_the_Host_prefix_and_are_secure()
    {
        using var response = await SendAsync("/set/a?https", null);
        Assert.All(SentCookies.HeadersOf(response), static header => Assert.Contains("; secure;", header, StringComparison.Ordinal));
        Assert.NotNull(SentCookies.HeaderOf(response, "__Host-Holdfast"));
        Assert.NotNull(SentCookies.HeaderOf(response, "__Host-Holdfast-Seen"));

        // One taken over HTTP, where anybody can plant cookies, does not count under the other name.
        var plain = await CookieAsync("/set/a");
        Assert.Equal("", await ReadAsync("/keys?https", "__Host-Holdfast=" + plain.Split('=', 2)[1]));
        Assert.Equal("", await ReadAsync("/keys?https", plain));
        Assert.Equal("a", await ReadAsync("/keys", plain));
    }

    [Fact]
    public async Task One_cookie_is_not_taken_for_the_other()
    {
        using var response = await SendAsync("/set/a", null);
        var seen = SentCookies.Of(response, SentCookies.Seen).Split('=', 2)[1];
        using var rejected = new LongCounter(host, "holdfast.cookies.rejected");
        Assert.Equal("", await ReadAsync("/keys", ".Holdfast=" + seen));
        Assert.Equal(1, rejected.Value);
    }

    [Fact]
    public async Task The_session_is_sent_when_it_is_made_or_renewed_and_else_only_what_was_seen()
    {
        var cookies = await CookieAsync("/set/a");
        using var write = await SendAsync("/set/b", cookies);
        Assert.Null(SentCookies.HeaderOf(write, SentCookies.Session));
        Assert.NotNull(SentCookies.HeaderOf(write, SentCookies.Seen));
        using var renewal = await SendAsync("/renew", cookies);
        Assert.NotNull(SentCookies.HeaderOf(renewal, SentCookies.Session));
        Assert.NotNull(SentCookies.HeaderOf(renewal, SentCookies.Seen));
        Assert.Equal("a,b", await ReadAsync("/keys", SentCookies.AllOf(renewal)));
        using var end = await SendAsync("/end", SentCookies.AllOf(renewal));
        Assert.Contains("expires=Thu, 01 Jan 1970", SentCookies.HeaderOf(end, SentCookies.Session), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_without_its_stamps_is_asked_of_the_store()
    {
        using var made = await SendAsync("/set/a", null);
        Assert.Equal("a", await ReadAsync("/keys", SentCookies.AllOf(made)));
        Assert.NotNull(engine.LastFreshness!.Value.Minimum);
        using var read = await SendAsync("/keys", SentCookies.Of(made, SentCookies.Session));
        Assert.Equal("a", await read.Content.ReadAsStringAsync());
        Assert.True(engine.LastFreshness!.Value.IsLatest);
        Assert.NotNull(SentCookies.HeaderOf(read, SentCookies.Seen));
    }

    [Theory]
    [InlineData(SentCookies.Session)]
    [InlineData(SentCookies.Seen)]
    [Trait("Attack", "A16")]
    public async Task Any_altered_character_of_a_cookie_is_noticed(string name)
    {
        using var made = await SendAsync("/set/a", null);
        var cookie = SentCookies.Of(made, name);
        using var rejected = new LongCounter(host, "holdfast.cookies.rejected");
        await ReadAsync("/keys", cookie);
        Assert.Equal(0, rejected.Value);
        var altered = 0;
        for (var i = name.Length + 1; i < cookie.Length; i++)
        {
            foreach (var other in new[] { Alphabet[(Alphabet.IndexOf(cookie[i]) + 1) % 64], Alphabet[Alphabet.IndexOf(cookie[i]) ^ 32] })
            {
                Assert.Equal("", await ReadAsync("/keys", cookie[..i] + other + cookie[(i + 1)..]));
                Assert.Equal(++altered, rejected.Value);
            }
        }
    }

    [Fact]
    public async Task A_cookie_of_the_first_release_keeps_its_session_and_stamps()
    {
        using var made = await SendAsync("/set/a", null);
        var (id, record) = await SessionOfAsync(made);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var content = new byte[SessionFormat.MaxBytes];
        var length = SessionFormat.Write(content, new Holdfast.AspNetCore.Sessions.SessionReference(id, record.Birth), now) - 2;
        var stamps = new ClientStamps();
        stamps.Restore(new SeenStamp(new Stamp(engine.Partitions.PartitionOf(id), 1, record.Revision), now));
        StampFormat.Write(content, ref length, stamps);
        var old = Sealed(SentCookies.Session, 1, content.AsSpan(0, length));

        Assert.Equal("a", await ReadAsync("/keys", old));
        Assert.Equal(record.Revision, engine.LastFreshness!.Value.Minimum!.Value.Revision);
        using var write = await SendAsync("/set/b", old);
        Assert.Null(SentCookies.HeaderOf(write, SentCookies.Session));
        Assert.Equal("a,b", await ReadAsync("/keys", old + "; " + SentCookies.AllOf(write)));
    }

    [Fact]
    public async Task A_session_cookie_of_a_later_release_counts_as_none_and_is_never_replaced()
    {
        var later = Sealed(SentCookies.Session, 9, [1, 2, 3]);
        using var rejected = new LongCounter(host, "holdfast.cookies.rejected");
        using var read = await SendAsync("/keys", later);
        Assert.Equal("", await read.Content.ReadAsStringAsync());
        Assert.Empty(SentCookies.HeadersOf(read));
        using var write = await SendAsync("/write", later);
        Assert.Equal(HttpStatusCode.OK, write.StatusCode);
        Assert.Null(SentCookies.HeaderOf(write, SentCookies.Session));
        foreach (var path in (string[])["/set/a", "/end", "/renew", "/affinity", "/sign-in"])
        {
            // Another instance, of the later release, can do it.
            using var change = await SendAsync(path, later);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, change.StatusCode);
            Assert.NotNull(change.Headers.RetryAfter);
            Assert.Null(SentCookies.HeaderOf(change, SentCookies.Session));
        }

        Assert.Empty(await engine.RecordsAsync("session"));
        Assert.Equal(0, rejected.Value);
    }

    [Fact]
    public async Task Stamps_of_a_later_release_have_everything_asked_of_the_store()
    {
        var later = Sealed(SentCookies.Seen, 9, [1, 2, 3]);
        using var read = await SendAsync("/thing", later);
        Assert.True(engine.LastFreshness!.Value.IsLatest);

        // What replaces them goes on doing so for as long as they might matter.
        using var write = await SendAsync("/write", later);
        await ReadAsync("/other", SentCookies.AllOf(write));
        Assert.True(engine.LastFreshness!.Value.IsLatest);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("\"\"")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("====")]
    [InlineData("session/1~planted")]
    [Trait("Attack", "A14")]
    public async Task A_planted_cookie_is_never_adopted(string value)
    {
        Assert.Equal("", await ReadAsync("/keys", ".Holdfast=" + value));
        using var response = await SendAsync("/set/a", ".Holdfast=" + value);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task A_very_long_cookie_is_rejected()
    {
        Assert.Equal("", await ReadAsync("/keys", ".Holdfast=" + new string('A', 20_000)));
    }

    [Fact]
    [Trait("Attack", "A15")]
    public async Task Two_cookies_of_the_name_count_as_none()
    {
        var mine = (await CookieAsync("/set/mine")).Split("; ")[0];
        var planted = (await CookieAsync("/set/planted")).Split("; ")[0];
        Assert.Equal("mine", await ReadAsync("/keys", "other=1; " + mine + "; more=2"));
        Assert.Equal("", await ReadAsync("/keys", mine + "; " + planted));
        Assert.Equal("", await ReadAsync("/keys", mine + "; " + mine));
    }

    [Fact]
    public async Task A_client_that_only_reads_gets_no_cookie_but_one_that_wrote_gets_its_stamp()
    {
        await engine.CommitAsync(new Commit(RecordChange.Update(new Address("thing", "x")).Set("f", "1")));
        using var read = await SendAsync("/thing", null);
        Assert.False(read.Headers.Contains("Set-Cookie"));
        using var wrote = await SendAsync("/write", null);
        Assert.True(wrote.Headers.Contains("Set-Cookie"));

        // Reading what it wrote tells it nothing more.
        using var again = await SendAsync("/thing", SentCookies.AllOf(wrote));
        Assert.False(again.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task A_cookie_of_another_store_is_answered_with_a_new_session()
    {
        await using var elsewhere = await Engines.OpenAsync();
        await using var stranger = await WebHost.StartAsync(elsewhere, Map);
        var cookie = await CookieAsync("/set/a");
        using var request = new HttpRequestMessage(HttpMethod.Get, stranger.At("/keys")) { Headers = { { "Cookie", cookie } } };
        using var response = await client.SendAsync(request);
        Assert.Equal("", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_request_that_a_renewal_overtook_does_not_send_the_old_session_again()
    {
        var old = await CookieAsync("/set/a");
        using var slow = await SendAsync("/write?renew-meanwhile", old);
        Assert.Equal(HttpStatusCode.OK, slow.StatusCode);
        Assert.Null(SentCookies.HeaderOf(slow, SentCookies.Session));
    }

    [Fact]
    public async Task A_response_with_the_cookie_is_kept_from_shared_caches()
    {
        using var open = await SendAsync("/set/a?control=public", null);
        Assert.True(open.Headers.CacheControl!.NoStore);
        Assert.False(open.Headers.CacheControl.Public);
        using var own = await SendAsync("/set/a?control=private", null);
        Assert.False(own.Headers.CacheControl!.NoStore);
        Assert.True(own.Headers.CacheControl.Private);
    }

    private void Map(WebApplication app)
    {
        app.Use((context, next) =>
        {
            context.Request.IsHttps = context.Request.Query.ContainsKey("https");
            return next(context);
        });
        app.UseHoldfast();
        app.Use((context, next) =>
        {
            context.Response.Headers.CacheControl = context.Request.Query["control"];
            return next(context);
        });
        app.MapGet("/set/{key}", (string key, HttpContext context) => context.Session.SetString(key, "x"));
        app.MapGet("/end", (HttpContext context) => context.GetState().EndSession());
        app.MapGet("/renew", (HttpContext context) => context.GetState().RenewSession());
        app.MapGet("/affinity", (HttpContext context) => context.GetState().SessionAffinity);
        app.MapGet("/sign-in", (HttpContext context) => context.GetState().SignInAsync("ada").AsTask());
        app.MapGet("/id", (HttpContext context) => context.Session.Id);
        app.MapGet("/keys", (HttpContext context) => string.Join(',', context.Session.Keys));
        app.MapGet("/thing", async (HttpContext context) => (await context.GetState().ReadAsync(new Address("thing", "x")))?.Text("f"));
        app.MapGet("/other", async (HttpContext context) => (await context.GetState().ReadAsync(new Address("thing", "other")))?.Text("f"));
        app.MapGet("/write", async (HttpContext context) =>
        {
            if (context.Request.Query.ContainsKey("renew-meanwhile"))
            {
                using var renewal = await SendAsync("/renew", context.Request.Headers.Cookie);
                Assert.True(renewal.Headers.Contains("Set-Cookie"));
            }

            return (await context.GetState().CommitAsync(new Commit(RecordChange.Update(new Address("thing", "x")).Set("f", "2")))).Outcome.ToString();
        });
    }

    private string Sealed(string name, byte version, ReadOnlySpan<byte> content) =>
        $"{name}={host.Services.GetRequiredService<CookieSeal>().Seal(name, version, content)}";

    private async Task<(string Id, Record Record)> SessionOfAsync(HttpResponseMessage made)
    {
        var id = await ReadAsync("/id", SentCookies.AllOf(made));
        return (id, (await engine.ReadAsync(new Address("session", id))).Record!);
    }

    private async Task<string> CookieAsync(string path)
    {
        using var response = await SendAsync(path, null);
        return SentCookies.AllOf(response);
    }

    private async Task<string> ReadAsync(string path, string cookie)
    {
        using var response = await SendAsync(path, cookie);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    private Task<HttpResponseMessage> SendAsync(string path, string? cookie)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, host.At(path));
        if (cookie is not null)
        {
            request.Headers.TryAddWithoutValidation("Cookie", cookie);
        }

        return client.SendAsync(request);
    }
}
