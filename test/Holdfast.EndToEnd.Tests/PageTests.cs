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

    private Task<HttpResponseMessage> PostAsync(string path, params (string Name, string Value)[] fields) =>
        http.PostAsync(path, new FormUrlEncodedContent(fields.Select(static field => KeyValuePair.Create(field.Name, field.Value))));

    private async Task SubmitAsync(string path, string goesTo, params (string Name, string Value)[] fields) =>
        Assert.Equal(goesTo, await RedirectAsync(await PostAsync(path, fields)));

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
