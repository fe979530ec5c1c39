using System.Net;
using System.Text.RegularExpressions;
using Holdfast.EndToEnd.Tests.Processes;

namespace Holdfast.EndToEnd.Tests;

/// <summary>The pages and their forms, as a browser without script uses them.</summary>
public sealed partial class PageTests : IClassFixture<LoneShop>, IDisposable
{
    private readonly HttpClient http;

    public PageTests(LoneShop shop) => http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = shop.Url };

    [Fact]
    public async Task A_shopper_fills_a_cart_signs_in_orders_and_sees_the_order()
    {
        await SubmitAsync("/cart/add", "/", ("sku", "mug"));
        await SubmitAsync("/cart/add", "/cart", ("sku", "mug"), ("from", "cart"));
        await SubmitAsync("/cart/add", "/", ("sku", "tea"));
        await SubmitAsync("/cart/remove", "/cart", ("sku", "tea"));
        Assert.Contains("Enamel mug", await PageAsync("/cart"), StringComparison.Ordinal);
        Assert.Equal("/sign-in?next=checkout", await RedirectAsync(await http.GetAsync("/checkout")));
        await SubmitAsync("/sign-in", "/checkout", ("user", " Ada O'Brien "), ("next", "checkout"));

        var checkout = await PageAsync("/checkout");
        Assert.Contains("Ada O&#x27;Brien", checkout, StringComparison.Ordinal);
        var form = ("revision", Revision().Match(checkout).Groups[1].Value);
        var order = await RedirectAsync(await PostAsync("/checkout", form));
        Assert.Equal(order, await RedirectAsync(await PostAsync("/checkout", form)));

        Assert.Contains("29.00", await PageAsync(order), StringComparison.Ordinal);
        Assert.Contains(order, await PageAsync("/orders"), StringComparison.Ordinal);
        Assert.Equal("/cart", await RedirectAsync(await http.GetAsync("/checkout")));
        await SubmitAsync("/sign-out", "/");
        Assert.Equal("/sign-in", await RedirectAsync(await http.GetAsync(order)));
    }

    [Fact]
    public async Task A_cart_that_has_changed_since_it_was_shown_is_not_ordered()
    {
        await SubmitAsync("/sign-in", "/", ("user", "bob"));
        await SubmitAsync("/cart/add", "/", ("sku", "mug"));
        var shown = Revision().Match(await PageAsync("/checkout")).Groups[1].Value;
        await SubmitAsync("/cart/add", "/", ("sku", "tea"));

        Assert.Equal(HttpStatusCode.Conflict, (await PostAsync("/checkout", ("revision", shown))).StatusCode);
        Assert.Contains("Smoked tea", await PageAsync("/cart"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_clicks_that_order_at_once_both_show_the_one_order()
    {
        await SubmitAsync("/sign-in", "/", ("user", "cy"));
        await SubmitAsync("/cart/add", "/", ("sku", "mug"));
        var form = ("revision", Revision().Match(await PageAsync("/checkout")).Groups[1].Value);

        var shown = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ => await RedirectAsync(await PostAsync("/checkout", form))));

        Assert.StartsWith("/orders/", Assert.Single(shown.Distinct()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_sees_where_they_are_signed_in_and_ends_one_the_others_or_all()
    {
        Assert.Equal("/sign-in", await RedirectAsync(await http.GetAsync("/sessions")));
        using var phone = Browser("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1");
        using var laptop = Browser("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
        foreach (var browser in (HttpClient[])[http, phone, laptop])
        {
            await SubmitAsync(browser, "/sign-in", "/", ("user", "dot"));
        }

        var page = await PageAsync("/sessions");
        Assert.Equal(3, Sessions().Count(page));
        foreach (var shown in (string[])["Firefox on Linux", "Safari on iPhone", "127.0.0.1", "this one"])
        {
            Assert.Contains(shown, page, StringComparison.Ordinal);
        }

        var ofPhone = Sessions().Matches(page).Single(static row => row.Groups[2].Value.Contains("iPhone", StringComparison.Ordinal)).Groups[1].Value;
        await SubmitAsync("/sessions/end", "/sessions", ("which", ofPhone));
        await SubmitAsync("/sessions/end", "/sessions", ("which", ofPhone));
        Assert.Equal("/sign-in", await RedirectAsync(await phone.GetAsync("/orders")));
        Assert.Equal(HttpStatusCode.OK, (await laptop.GetAsync("/orders")).StatusCode);
        Assert.Equal(2, Sessions().Count(await PageAsync("/sessions")));

        await SubmitAsync("/sessions/end", "/sessions", ("which", "others"));
        Assert.Equal("/sign-in", await RedirectAsync(await laptop.GetAsync("/orders")));
        Assert.Equal(1, Sessions().Count(await PageAsync("/sessions")));

        await SubmitAsync(phone, "/sign-in", "/", ("user", "dot"));
        await SubmitAsync("/sessions/end", "/", ("which", "all"));
        Assert.Equal("/sign-in", await RedirectAsync(await http.GetAsync("/sessions")));
        Assert.Equal("/sign-in", await RedirectAsync(await phone.GetAsync("/sessions")));

        await SubmitAsync("/sign-in", "/", ("user", "dot"));
        await SubmitAsync("/sessions/end", "/", ("which", Sessions().Match(await PageAsync("/sessions")).Groups[1].Value));
        Assert.Equal("/sign-in", await RedirectAsync(await http.GetAsync("/sessions")));
    }

    [Fact]
    public async Task Nobody_ends_the_sessions_of_another()
    {
        using var other = Browser("other");
        await SubmitAsync("/sign-in", "/", ("user", "eve"));
        await SubmitAsync(other, "/sign-in", "/", ("user", "flo"));
        var own = Sessions().Match(await PageAsync("/sessions")).Groups[1].Value;

        await SubmitAsync(other, "/sessions/end", "/sessions", ("which", own));

        Assert.Equal(1, Sessions().Count(await PageAsync("/sessions")));
        using var stranger = Browser("stranger");
        Assert.Equal(HttpStatusCode.Unauthorized, (await PostAsync(stranger, "/sessions/end", ("which", own))).StatusCode);
    }

    [Fact]
    public async Task What_a_client_sends_is_shown_as_text()
    {
        var page = await PostAsync("/sign-in", ("user", "<script>alert(1)</script>"));

        Assert.Equal(HttpStatusCode.BadRequest, page.StatusCode);
        var html = await page.Content.ReadAsStringAsync();
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Another_sites_form_is_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sign-in");
        request.Headers.Add("Sec-Fetch-Site", "cross-site");
        request.Content = new FormUrlEncodedContent([new("user", "mallory")]);

        Assert.Equal(HttpStatusCode.Forbidden, (await http.SendAsync(request)).StatusCode);
    }

    [Theory]
    [InlineData("/cart/add", "sku", "no-such-thing", 404)]
    [InlineData("/cart/add", "nothing", "", 404)]
    [InlineData("/checkout", "revision", "1", 401)]
    [InlineData("/checkout", "revision", "x", 400)]
    public async Task A_form_that_makes_no_sense_is_answered_by_a_page_that_says_so(string path, string name, string value, int status)
    {
        var page = await PostAsync(path, (name, value));

        Assert.Equal(status, (int)page.StatusCode);
        Assert.Contains("<h1>Sorry</h1>", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json", "{}", 415)]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nnonsense", 400)]
    [InlineData("multipart/form-data", "--x--", 400)]
    public async Task A_body_that_is_no_form_is_refused(string type, string body, int status)
    {
        using var content = new StringContent(body);
        content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type);

        Assert.Equal(status, (int)(await http.PostAsync("/cart/add", content)).StatusCode);
    }

    [Fact]
    public async Task A_form_of_too_many_fields_is_refused()
    {
        using var content = new StringContent(string.Join('&', Enumerable.Repeat("a=", 5000)));
        content.Headers.ContentType = new("application/x-www-form-urlencoded");

        Assert.Equal(HttpStatusCode.BadRequest, (await http.PostAsync("/cart/add", content)).StatusCode);
    }

    [Fact]
    public async Task The_style_sheet_can_be_kept_for_good()
    {
        var path = StyleSheet().Match(await PageAsync("/")).Value;

        var sheet = await http.GetAsync(path);

        Assert.Equal("text/css", sheet.Content.Headers.ContentType?.MediaType);
        Assert.Contains("immutable", sheet.Headers.CacheControl?.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => http.Dispose();

    [GeneratedRegex("name=\"revision\" value=\"([0-9]+)\"")]
    private static partial Regex Revision();

    [GeneratedRegex("/shop\\.[0-9a-f]+\\.css")]
    private static partial Regex StyleSheet();

    [GeneratedRegex("value=\"([^\"]+)\" /><button class=\"quiet\" aria-label=\"End ([^\"]+)\"")]
    private static partial Regex Sessions();

    private HttpClient Browser(string agent)
    {
        var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = http.BaseAddress };
        browser.DefaultRequestHeaders.Add("User-Agent", agent);
        return browser;
    }

    private Task<HttpResponseMessage> PostAsync(string path, params (string Name, string Value)[] fields) => PostAsync(http, path, fields);

    private static Task<HttpResponseMessage> PostAsync(HttpClient browser, string path, params (string Name, string Value)[] fields) =>
        browser.PostAsync(path, new FormUrlEncodedContent(fields.Select(static field => KeyValuePair.Create(field.Name, field.Value))));

    private Task SubmitAsync(string path, string goesTo, params (string Name, string Value)[] fields) => SubmitAsync(http, path, goesTo, fields);

    private static async Task SubmitAsync(HttpClient browser, string path, string goesTo, params (string Name, string Value)[] fields) =>
        Assert.Equal(goesTo, await RedirectAsync(await PostAsync(browser, path, fields)));

    private static async Task<string> RedirectAsync(HttpResponseMessage response)
    {
        Assert.True(response.StatusCode == HttpStatusCode.SeeOther, $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        return response.Headers.Location!.OriginalString;
    }

    private async Task<string> PageAsync(string path)
    {
        var response = await http.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        return await response.Content.ReadAsStringAsync();
    }
}
