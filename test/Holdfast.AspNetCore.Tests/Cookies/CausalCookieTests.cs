using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Cookies;

public sealed class CausalCookieTests : IAsyncLifetime
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
    public async Task The_cookie_is_HttpOnly_Lax_for_the_whole_host_and_short()
    {
        using var response = await SendAsync("/set/a", null);
        var header = response.Headers.GetValues("Set-Cookie").Single();
        Assert.StartsWith(".Holdfast=", header, StringComparison.Ordinal);
        Assert.Contains("; path=/; samesite=lax; httponly", header, StringComparison.Ordinal);
        Assert.DoesNotContain("expires", header, StringComparison.Ordinal);
        Assert.True(header.Length < 400, header);
    }

    [Fact]
    public async Task Over_HTTPS_the_cookie_has_the_Host_prefix_and_is_secure()
    {
        using var response = await SendAsync("/set/a?https", null);
        var header = response.Headers.GetValues("Set-Cookie").Single();
        Assert.StartsWith("__Host-Holdfast=", header, StringComparison.Ordinal);
        Assert.Contains("; secure;", header, StringComparison.Ordinal);

        // One taken over HTTP, where anybody can plant cookies, does not count under the other name.
        var plain = await CookieAsync("/set/a");
        Assert.Equal("", await ReadAsync("/keys?https", "__Host-Holdfast=" + plain.Split('=', 2)[1]));
        Assert.Equal("", await ReadAsync("/keys?https", plain));
        Assert.Equal("a", await ReadAsync("/keys", plain));
    }

    [Fact]
    public async Task Any_altered_character_makes_a_new_anonymous_session()
    {
        var cookie = await CookieAsync("/set/a");
        Assert.Equal("a", await ReadAsync("/keys", cookie));
        for (var i = ".Holdfast=".Length; i < cookie.Length; i++)
        {
            foreach (var other in new[] { Alphabet[(Alphabet.IndexOf(cookie[i]) + 1) % 64], Alphabet[Alphabet.IndexOf(cookie[i]) ^ 32] })
            {
                Assert.Equal("", await ReadAsync("/keys", cookie[..i] + other + cookie[(i + 1)..]));
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("\"\"")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("====")]
    [InlineData("session/1~planted")]
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
    public async Task Two_cookies_of_the_name_count_as_none()
    {
        var mine = await CookieAsync("/set/mine");
        var planted = await CookieAsync("/set/planted");
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
        using var again = await SendAsync("/thing", wrote.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
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
        Assert.False(slow.Headers.Contains("Set-Cookie"));
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
        app.MapGet("/renew", (HttpContext context) => context.GetState().RenewSession());
        app.MapGet("/keys", (HttpContext context) => string.Join(',', context.Session.Keys));
        app.MapGet("/thing", async (HttpContext context) => (await context.GetState().ReadAsync(new Address("thing", "x")))?.Text("f"));
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

    private async Task<string> CookieAsync(string path)
    {
        using var response = await SendAsync(path, null);
        return response.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
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
