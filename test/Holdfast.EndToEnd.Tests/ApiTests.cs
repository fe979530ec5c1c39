using System.Net;
using System.Text;
using System.Text.Json;
using Holdfast.EndToEnd.Tests.Processes;

namespace Holdfast.EndToEnd.Tests;

/// <summary>Every endpoint's codes and shapes, bad input included, of the shop alone on its in-process engine.</summary>
public sealed class ApiTests : IClassFixture<LoneShop>, IDisposable
{
    private readonly LoneShop shop;
    private readonly HttpClient http;
    private readonly CookieContainer cookies = new();
    private readonly string user = $"user-{Guid.NewGuid():N}";

    public ApiTests(LoneShop shop)
    {
        this.shop = shop;
        http = new HttpClient(new SocketsHttpHandler { CookieContainer = cookies }) { BaseAddress = shop.Url };
    }

    [Fact]
    public async Task Products_have_a_sku_a_name_and_a_price_in_cents()
    {
        var products = await JsonAsync(HttpMethod.Get, "/api/products", 200);

        Assert.NotEmpty(products.EnumerateArray());
        Assert.All(products.EnumerateArray(), static product =>
        {
            Assert.Equal(["sku", "name", "price"], NamesOf(product));
            Assert.True(product.GetProperty("price").GetInt64() > 0);
        });
    }

    [Fact]
    public async Task A_visitor_is_nobody_has_an_empty_cart_and_gets_no_cookie()
    {
        var cart = await SendAsync(HttpMethod.Get, "/api/cart", 200);
        Assert.Equal("""{"items":[],"total":0}""", await cart.Content.ReadAsStringAsync());
        Assert.False(cart.Headers.Contains("Set-Cookie"));
        foreach (var path in (string[])["/api/me", "/api/orders", "/api/orders/0123456789abcdef"])
        {
            await RefusedAsync(HttpMethod.Get, path, 401);
        }

        await RefusedAsync(HttpMethod.Post, "/api/orders", 401);
    }

    [Fact]
    public async Task Adding_counts_and_removing_removes_whether_there_or_not()
    {
        var cart = await JsonAsync(HttpMethod.Post, "/api/cart/items", 200, """{"sku":"mug","quantity":2}""");
        Assert.Equal(["items", "total"], NamesOf(cart));
        await SendAsync(HttpMethod.Post, "/api/cart/items", 200, """{"sku":"mug","quantity":1}""");
        await SendAsync(HttpMethod.Post, "/api/cart/items", 200, """{"sku":"soap","quantity":1000}""");
        await SendAsync(HttpMethod.Delete, "/api/cart/items/soap", 204);
        await SendAsync(HttpMethod.Delete, "/api/cart/items/soap", 204);
        await SendAsync(HttpMethod.Delete, "/api/cart/items/no-such-thing", 204);

        Assert.Equal("""{"items":[{"sku":"mug","quantity":3}],"total":4350}""", (await JsonAsync(HttpMethod.Get, "/api/cart", 200)).GetRawText());
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("null", 400)]
    [InlineData("nonsense", 400)]
    [InlineData("[]", 400)]
    [InlineData("{}", 400)]
    [InlineData("""{"sku":"mug"}""", 400)]
    [InlineData("""{"sku":"mug","quantity":0}""", 400)]
    [InlineData("""{"sku":"mug","quantity":-1}""", 400)]
    [InlineData("""{"sku":"mug","quantity":1001}""", 400)]
    [InlineData("""{"sku":"mug","quantity":1.5}""", 400)]
    [InlineData("""{"sku":"mug","quantity":"1"}""", 400)]
    [InlineData("""{"sku":"mug","quantity":99999999999999999999}""", 400)]
    [InlineData("""{"sku":null,"quantity":1}""", 404)]
    [InlineData("""{"sku":"no-such-thing","quantity":1}""", 404)]
    public async Task An_item_that_is_none_is_refused_and_changes_nothing(string body, int status)
    {
        await RefusedAsync(HttpMethod.Post, "/api/cart/items", status, body);

        Assert.Equal(0, (await JsonAsync(HttpMethod.Get, "/api/cart", 200)).GetProperty("total").GetInt64());
    }

    [Theory]
    [InlineData("/api/cart/items")]
    [InlineData("/api/login")]
    public async Task A_body_over_its_limit_is_refused_with_413(string path) =>
        await RefusedAsync(HttpMethod.Post, path, 413, $$"""{"user":"ada","sku":"mug","quantity":1,"more":"{{new string('x', 20_000)}}"}""");

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"user":null}""")]
    [InlineData("""{"user":""}""")]
    [InlineData("""{"user":"  "}""")]
    [InlineData("""{"user":"a/b"}""")]
    [InlineData("""{"user":"2a~session"}""")]
    [InlineData("""{"user":"<b>"}""")]
    [InlineData("""{"user":"a\u0000b"}""")]
    [InlineData("""{"user":"\ud800"}""")]
    [InlineData("""{"user":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""")]
    public async Task A_name_that_breaks_the_rule_is_refused(string body)
    {
        await RefusedAsync(HttpMethod.Post, "/api/login", 400, body);
        await RefusedAsync(HttpMethod.Get, "/api/me", 401);
    }

    [Fact]
    public async Task Signing_in_renews_the_session_and_brings_the_cart_along_to_what_the_user_has()
    {
        await LoginAsync();
        await AddAsync("mug", 1);
        await SendAsync(HttpMethod.Post, "/api/logout", 204);
        await RefusedAsync(HttpMethod.Get, "/api/me", 401);
        await AddAsync("mug", 2);
        await AddAsync("tea", 1);
        var before = cookies.GetCookieHeader(shop.Url);

        var me = await JsonAsync(HttpMethod.Post, "/api/login", 200, $$"""{"user":"{{user}}"}""");

        Assert.Equal(user, me.GetProperty("user").GetString());
        Assert.Equal(user, (await JsonAsync(HttpMethod.Get, "/api/me", 200)).GetProperty("user").GetString());
        Assert.Equal("""[{"sku":"mug","quantity":3},{"sku":"tea","quantity":1}]""", await ItemsAsync());
        using var old = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = shop.Url };
        old.DefaultRequestHeaders.Add("Cookie", before);
        Assert.Equal(HttpStatusCode.Unauthorized, (await old.GetAsync("/api/me")).StatusCode);
        Assert.Equal("""{"items":[],"total":0}""", await old.GetStringAsync("/api/cart"));
    }

    [Fact]
    public async Task Signing_out_is_answered_alike_whoever_asks()
    {
        await SendAsync(HttpMethod.Post, "/api/logout", 204);
        await LoginAsync();
        await SendAsync(HttpMethod.Post, "/api/logout", 204);
        await SendAsync(HttpMethod.Post, "/api/logout", 204);
    }

    [Fact]
    public async Task Ordering_empties_the_cart_and_the_order_can_be_read()
    {
        await LoginAsync();
        await RefusedAsync(HttpMethod.Post, "/api/orders", 409);
        await AddAsync("mug", 2);

        var placed = await SendAsync(HttpMethod.Post, "/api/orders", 201);

        var order = await ReadAsync(placed);
        Assert.Equal(["orderId", "total"], NamesOf(order));
        Assert.Equal(2900, order.GetProperty("total").GetInt64());
        Assert.Equal($"/api/orders/{order.GetProperty("orderId").GetString()}", placed.Headers.Location?.OriginalString);
        Assert.Equal("[]", await ItemsAsync());
        var whole = await JsonAsync(HttpMethod.Get, placed.Headers.Location!.OriginalString, 200);
        Assert.Equal("""[{"sku":"mug","name":"Enamel mug","price":1450,"quantity":2}]""", whole.GetProperty("items").GetRawText());
        Assert.Equal(2900, whole.GetProperty("total").GetInt64());
        await RefusedAsync(HttpMethod.Post, "/api/orders", 409);
    }

    [Fact]
    public async Task Orders_are_listed_newest_first_and_are_nobody_elses()
    {
        await LoginAsync();
        await AddAsync("mug", 1);
        var first = (await JsonAsync(HttpMethod.Post, "/api/orders", 201)).GetProperty("orderId").GetString()!;
        await AddAsync("tea", 1);
        var second = (await JsonAsync(HttpMethod.Post, "/api/orders", 201)).GetProperty("orderId").GetString()!;

        var list = (await JsonAsync(HttpMethod.Get, "/api/orders", 200)).EnumerateArray().ToList();
        Assert.Equal(new HashSet<string> { first, second }, [.. list.Select(static order => order.GetProperty("orderId").GetString()!)]);
        var times = list.Select(static order => order.GetProperty("placedAt").GetDateTimeOffset()).ToList();
        Assert.Equal(times.OrderDescending(), times);
        Assert.Equal([1290, 1450], list.Select(static order => order.GetProperty("total").GetInt64()).Order());

        await SendAsync(HttpMethod.Post, "/api/logout", 204);
        await SendAsync(HttpMethod.Post, "/api/login", 200, $$"""{"user":"not-{{user}}"}""");
        Assert.Empty((await JsonAsync(HttpMethod.Get, "/api/orders", 200)).EnumerateArray());
        await RefusedAsync(HttpMethod.Get, $"/api/orders/{first}", 404);
    }

    [Fact]
    public async Task A_request_that_is_repeated_under_its_key_counts_once()
    {
        await LoginAsync();
        await AddAsync("mug", 2, "add");
        await AddAsync("mug", 2, "add");
        Assert.Equal("""[{"sku":"mug","quantity":2}]""", await ItemsAsync());

        var first = await JsonAsync(HttpMethod.Post, "/api/orders", 201, key: "order");
        await AddAsync("tea", 1);
        var again = await JsonAsync(HttpMethod.Post, "/api/orders", 201, key: "order");

        Assert.Equal(first.GetRawText(), again.GetRawText());
        Assert.Equal("""[{"sku":"tea","quantity":1}]""", await ItemsAsync());
        Assert.Single((await JsonAsync(HttpMethod.Get, "/api/orders", 200)).EnumerateArray());
    }

    [Fact]
    public async Task Another_request_under_a_used_key_is_refused_and_changes_nothing()
    {
        await AddAsync("mug", 1, "key");
        await RemedyAsync(HttpMethod.Post, "/api/cart/items", 422, """{"sku":"mug","quantity":2}""", "key");
        await RemedyAsync(HttpMethod.Post, "/api/login", 422, $$"""{"user":"{{user}}"}""", "key");
        await RemedyAsync(HttpMethod.Post, "/api/cart/items", 400, """{"sku":"mug","quantity":1}""", new string('k', 256));
        Assert.Equal("""[{"sku":"mug","quantity":1}]""", await ItemsAsync());

        await LoginAsync();
        await SendAsync(HttpMethod.Post, "/api/orders", 201, "", "order");
        await RemedyAsync(HttpMethod.Post, "/api/orders", 422, "other", "order");
    }

    [Fact]
    public async Task A_key_is_its_users_own()
    {
        await LoginAsync();
        await AddAsync("mug", 1, "key");
        await SendAsync(HttpMethod.Post, "/api/logout", 204);
        await SendAsync(HttpMethod.Post, "/api/login", 200, $$"""{"user":"not-{{user}}"}""");

        await AddAsync("mug", 1, "key");

        Assert.Equal("""[{"sku":"mug","quantity":1}]""", await ItemsAsync());
    }

    [Fact]
    public async Task Whoever_repeats_without_a_session_gets_one_and_their_cart()
    {
        using var forgetful = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = shop.Url };
        for (var i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/cart/items")
            {
                Content = new StringContent("""{"sku":"mug","quantity":1}""", Encoding.UTF8, "application/json"),
                Headers = { { "Idempotency-Key", user } },
            };
            using var response = await forgetful.SendAsync(request);
            Assert.Equal(1, (await ReadAsync(response)).GetProperty("items")[0].GetProperty("quantity").GetInt64());
            Assert.Contains(response.Headers.GetValues("Set-Cookie"), static cookie => cookie.StartsWith(".Holdfast=", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_sign_in_whose_answer_was_lost_is_repeated_with_the_cart()
    {
        await AddAsync("mug", 2);
        using var lost = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = shop.Url };
        using var first = new HttpRequestMessage(HttpMethod.Post, "/api/login")
        {
            Content = new StringContent($$"""{"user":"{{user}}"}""", Encoding.UTF8, "application/json"),
            Headers = { { "Cookie", cookies.GetCookieHeader(shop.Url) }, { "Idempotency-Key", "sign-in" } },
        };
        (await lost.SendAsync(first)).EnsureSuccessStatusCode();

        await SendAsync(HttpMethod.Post, "/api/login", 200, $$"""{"user":"{{user}}"}""", "sign-in");

        Assert.Equal(user, (await JsonAsync(HttpMethod.Get, "/api/me", 200)).GetProperty("user").GetString());
        Assert.Equal("""[{"sku":"mug","quantity":2}]""", await ItemsAsync());
    }

    [Fact]
    public async Task Requests_that_add_at_the_same_time_all_count()
    {
        await AddAsync("mug", 1);
        string[] skus = ["mug", "mug", "tea", "rope", "mug", "tea", "cap", "boat"];

        await Task.WhenAll(skus.Select(sku => AddAsync(sku, 2)));

        Assert.Equal(
            """[{"sku":"mug","quantity":7},{"sku":"rope","quantity":2},{"sku":"cap","quantity":2},{"sku":"boat","quantity":2},{"sku":"tea","quantity":4}]""",
            await ItemsAsync());
    }

    [Fact]
    public async Task Of_parallel_orders_of_a_cart_one_is_placed()
    {
        await LoginAsync();
        await AddAsync("mug", 1);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => http.PostAsync("/api/orders", null)));

        Assert.Equal(1, answers.Count(static answer => answer.StatusCode == HttpStatusCode.Created));
        Assert.Equal(7, answers.Count(static answer => answer.StatusCode == HttpStatusCode.Conflict));
        Assert.Single((await JsonAsync(HttpMethod.Get, "/api/orders", 200)).EnumerateArray());
    }

    [Theory]
    [InlineData("Holdfast=planted")]
    [InlineData(".Holdfast=planted")]
    [InlineData(".Holdfast=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_planted_cookie_is_a_visitor_without_one(string cookie)
    {
        using var planted = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = shop.Url };
        planted.DefaultRequestHeaders.Add("Cookie", cookie);

        Assert.Equal("""{"items":[],"total":0}""", await planted.GetStringAsync("/api/cart"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await planted.GetAsync("/api/me")).StatusCode);
    }

    [Theory]
    [InlineData("GET", "/healthz", 200)]
    [InlineData("HEAD", "/api/products", 200)]
    [InlineData("GET", "/api/nothing", 404)]
    [InlineData("PUT", "/api/cart", 405)]
    [InlineData("GET", "/nothing", 404)]
    [InlineData("GET", "/", 200)]
    public async Task Every_response_names_its_instance_and_its_length(string method, string path, int status)
    {
        var response = await SendAsync(new HttpMethod(method), path, status);

        Assert.Equal([LoneShop.Instance], response.Headers.GetValues("X-Instance"));
        Assert.NotNull(response.Content.Headers.ContentLength);
        Assert.Null(response.Headers.TransferEncodingChunked);
    }

    [Fact]
    public async Task Health_is_ok() =>
        Assert.Equal("""{"status":"ok"}""", (await JsonAsync(HttpMethod.Get, "/healthz", 200)).GetRawText());

    public void Dispose() => http.Dispose();

    private static IEnumerable<string> NamesOf(JsonElement json) => json.EnumerateObject().Select(static property => property.Name);

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response) => JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

    private Task<HttpResponseMessage> LoginAsync() => SendAsync(HttpMethod.Post, "/api/login", 200, $$"""{"user":"{{user}}"}""");

    private Task<HttpResponseMessage> AddAsync(string sku, int quantity, string? key = null) =>
        SendAsync(HttpMethod.Post, "/api/cart/items", 200, $$"""{"sku":"{{sku}}","quantity":{{quantity}}}""", key);

    private async Task<string> ItemsAsync() => (await JsonAsync(HttpMethod.Get, "/api/cart", 200)).GetProperty("items").GetRawText();

    private async Task<JsonElement> JsonAsync(HttpMethod method, string path, int status, string? body = null, string? key = null) =>
        await ReadAsync(await SendAsync(method, path, status, body, key));

    private async Task RefusedAsync(HttpMethod method, string path, int status, string? body = null, string? key = null)
    {
        var refusal = await JsonAsync(method, path, status, body, key);
        Assert.Equal(["error"], NamesOf(refusal));
        Assert.NotEmpty(refusal.GetProperty("error").GetString()!);
    }

    /// <summary>Holdfast refuses it, and says what helps.</summary>
    private async Task RemedyAsync(HttpMethod method, string path, int status, string? body = null, string? key = null) =>
        Assert.NotEmpty((await JsonAsync(method, path, status, body, key)).GetProperty("detail").GetString()!);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, int status, string? body = null, string? key = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        var response = await http.SendAsync(request);
        Assert.True(
            status == (int)response.StatusCode, $"{method} {path} {body} answered {(int)response.StatusCode}, not {status}: {await response.Content.ReadAsStringAsync()}");
        return response;
    }
}
