using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Holdfast.EndToEnd.Tests.Processes;

namespace Holdfast.EndToEnd.Tests;

/// <summary>What becomes of requests that are under way while their session signs in.</summary>
public sealed class SignInRaceTests(LoneShop shop) : IClassFixture<LoneShop>
{
    private const int Rounds = 60;
    private const int AddsARound = 8;

    [Fact]
    public async Task What_is_added_while_the_session_signs_in_is_in_the_users_cart_once()
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = shop.Url };
        for (var round = 0; round < Rounds; round++)
        {
            var user = $"user-{Guid.NewGuid():N}";
            var session = CookieOf((await AddAsync(http, cookie: null)).EnsureSuccessStatusCode())!;
            var hasCart = round % 2 == 0;
            if (!hasCart)
            {
                using var removed = await SendAsync(http, HttpMethod.Delete, "/api/cart/items/mug", session);
            }

            var early = Enumerable.Range(0, AddsARound / 2).Select(_ => AddAsync(http, session)).ToList();
            var signIn = SignInAsync(http, session, user);
            var late = Enumerable.Range(0, AddsARound / 2).Select(_ => AddAsync(http, session)).ToList();
            var added = await Task.WhenAll(early.Concat(late));
            var signedIn = CookieOf(await signIn)!;

            // One that came after the sign-in had ended the session is to be repeated, and a browser does so with the new cookie.
            foreach (var refused in added.Where(static answer => answer.StatusCode == HttpStatusCode.ServiceUnavailable))
            {
                Assert.Null(CookieOf(refused));
                (await AddAsync(http, signedIn)).EnsureSuccessStatusCode();
            }

            Assert.All(added, answer => Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, answer.ToString()));
            Assert.Equal(AddsARound + (hasCart ? 1 : 0), await MugsAsync(http, signedIn));
            Assert.Equal(0, await MugsAsync(http, session));
        }
    }

    private static Task<HttpResponseMessage> AddAsync(HttpClient http, string? cookie) =>
        SendAsync(http, HttpMethod.Post, "/api/cart/items", cookie, JsonContent.Create(new { sku = "mug", quantity = 1 }));

    private static async Task<HttpResponseMessage> SignInAsync(HttpClient http, string cookie, string user) =>
        (await SendAsync(http, HttpMethod.Post, "/api/login", cookie, JsonContent.Create(new { user }))).EnsureSuccessStatusCode();

    private static async Task<long> MugsAsync(HttpClient http, string cookie)
    {
        using var response = await SendAsync(http, HttpMethod.Get, "/api/cart", cookie);
        var cart = await response.Content.ReadFromJsonAsync<JsonElement>();
        return cart.GetProperty("items").EnumerateArray().Sum(static item => item.GetProperty("quantity").GetInt64());
    }

    private static async Task<HttpResponseMessage> SendAsync(
        HttpClient http, HttpMethod method, string path, string? cookie, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        return await http.SendAsync(request);
    }

    /// <summary>The session that the response gives, if it gives one.</summary>
    private static string? CookieOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Set-Cookie", out var cookies)
            ? cookies.SingleOrDefault(static cookie => cookie.StartsWith(".Holdfast=", StringComparison.Ordinal))?.Split(';')[0]
            : null;
}
