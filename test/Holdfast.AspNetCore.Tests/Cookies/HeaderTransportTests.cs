using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.AspNetCore.Tests.Cookies;

public sealed class HeaderTransportTests : IAsyncLifetime
{
    private const string SessionHeader = "Holdfast-Session";
    private const string SeenHeader = "Holdfast-Seen";

    private readonly HttpClient client = WebHost.Plain();
    private CountingEngine engine = null!;
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
    public async Task A_session_goes_by_headers_and_sets_no_cookie()
    {
        var headers = await SetAsync("/api/set/a");
        Assert.Equal("a", await ReadAsync("/api/keys", headers));
        using var write = await SendAsync("/api/set/b", headers);
        Assert.False(write.Headers.Contains(SessionHeader));
        Assert.True(write.Headers.Contains(SeenHeader));
        Assert.True(write.Headers.CacheControl!.NoStore);
        Assert.Equal("a,b", await ReadAsync("/api/keys", [headers[0], HeaderOf(write, SeenHeader)]));
    }

    [Fact]
    public async Task Renewing_sends_another_session_and_ending_an_empty_one()
    {
        var headers = await SetAsync("/api/set/a");
        using var renewal = await SendAsync("/api/renew", headers);
        var renewed = HeaderOf(renewal, SessionHeader);
        Assert.NotEqual(headers[0], renewed);
        Assert.Equal("", await ReadAsync("/api/keys", headers));
        Assert.Equal("a", await ReadAsync("/api/keys", [renewed, HeaderOf(renewal, SeenHeader)]));
        using var end = await SendAsync("/api/end", [renewed]);
        Assert.Equal("", HeaderOf(end, SessionHeader).Value);
        using var after = await SendAsync("/api/keys", [(SessionHeader, "")]);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Fact]
    public async Task Cookies_are_not_read_where_the_session_goes_by_header_nor_headers_where_it_goes_by_cookie()
    {
        using var made = await SendAsync("/set/a", []);
        var cookies = ("Cookie", SentCookies.AllOf(made));
        Assert.Equal("a", await ReadAsync("/keys", [cookies]));
        Assert.Equal("", await ReadAsync("/api/keys", [cookies]));
        var headers = await SetAsync("/api/set/b");
        Assert.Equal("", await ReadAsync("/keys", headers));

        // With both, each endpoint takes its own, and neither's response touches the other.
        Assert.Equal("a", await ReadAsync("/keys", [cookies, .. headers]));
        Assert.Equal("b", await ReadAsync("/api/keys", [cookies, .. headers]));
        using var end = await SendAsync("/api/end", [cookies, .. headers]);
        Assert.Empty(SentCookies.HeadersOf(end));
        Assert.Equal("a", await ReadAsync("/keys", [cookies]));
    }

    [Fact]
    public async Task What_was_sealed_for_a_cookie_does_not_open_as_a_header()
    {
        using var made = await SendAsync("/set/a", []);
        var value = SentCookies.Of(made, SentCookies.Session).Split('=', 2)[1];
        Assert.Equal("", await ReadAsync("/api/keys", [(SessionHeader, value)]));
        var headers = await SetAsync("/api/set/b");
        Assert.Equal("", await ReadAsync("/keys", [("Cookie", $".Holdfast={headers[0].Value}")]));
    }

    [Fact]
    public async Task Two_headers_count_as_none()
    {
        var headers = await SetAsync("/api/set/a");
        Assert.Equal("a", await ReadAsync("/api/keys", headers));
        Assert.Equal("", await ReadAsync("/api/keys", [headers[0], headers[0]]));
        Assert.Equal("", await ReadAsync("/api/keys", [(SessionHeader, $"{headers[0].Value}, {headers[0].Value}")]));
    }

    [Fact]
    public async Task The_options_say_it_for_all_endpoints_and_an_attribute_for_one()
    {
        await using var other = await WebHost.StartAsync(engine, Map, options => options.SessionTransport = SessionTransport.Header);
        using var made = await SendAsync("/set/a", [], other);
        Assert.True(made.Headers.Contains(SessionHeader));
        Assert.Empty(SentCookies.HeadersOf(made));
        using var byCookie = await SendAsync("/by-cookie/a", [], other);
        Assert.False(byCookie.Headers.Contains(SessionHeader));
        Assert.NotNull(SentCookies.HeaderOf(byCookie, SentCookies.Session));
    }

    [Fact]
    public async Task An_endpoint_that_is_known_too_late_is_refused_rather_than_served_by_cookie()
    {
        await using var late = await WebHost.StartAsync(engine, app =>
        {
            app.UseHoldfast();
            app.UseRouting();
            app.MapGet("/api/set/{key}", (string key, HttpContext context) => context.Session.SetString(key, "x"))
                .WithSessionTransport(SessionTransport.Header);
            app.MapGet("/set/{key}", (string key, HttpContext context) => context.Session.SetString(key, "x"));
        });
        using var refused = await SendAsync("/api/set/a", [], late);
        Assert.Equal(HttpStatusCode.InternalServerError, refused.StatusCode);
        using var usual = await SendAsync("/set/a", [], late);
        Assert.Equal(HttpStatusCode.OK, usual.StatusCode);
    }

    private static void Map(WebApplication app)
    {
        app.UseHoldfast();
        foreach (var routes in (IEndpointRouteBuilder[])[app, app.MapGroup("/api").WithSessionTransport(SessionTransport.Header)])
        {
            routes.MapGet("/set/{key}", (string key, HttpContext context) => context.Session.SetString(key, "x"));
            routes.MapGet("/keys", (HttpContext context) => string.Join(',', context.Session.Keys.Order(StringComparer.Ordinal)));
            routes.MapGet("/renew", (HttpContext context) => context.GetState().RenewSession());
            routes.MapGet("/end", (HttpContext context) => context.GetState().EndSession());
        }

        app.MapGet("/by-cookie/{key}", [SessionTransport(SessionTransport.Cookie)] (string key, HttpContext context) => context.Session.SetString(key, "x"));
    }

    private static (string Name, string Value) HeaderOf(HttpResponseMessage response, string name) => (name, response.Headers.GetValues(name).Single());

    private async Task<(string Name, string Value)[]> SetAsync(string path)
    {
        using var response = await SendAsync(path, []);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(SentCookies.HeadersOf(response));
        return [HeaderOf(response, SessionHeader), HeaderOf(response, SeenHeader)];
    }

    private async Task<string> ReadAsync(string path, (string Name, string Value)[] headers)
    {
        using var response = await SendAsync(path, headers);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    private Task<HttpResponseMessage> SendAsync(string path, (string Name, string Value)[] headers, WebHost? at = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, (at ?? host).At(path));
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return client.SendAsync(request);
    }
}
