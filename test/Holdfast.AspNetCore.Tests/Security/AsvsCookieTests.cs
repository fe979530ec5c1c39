using System.Net;
using Holdfast.AspNetCore.Tests.Logins;

namespace Holdfast.AspNetCore.Tests.Security;

/// <summary>Section 3.3 of OWASP ASVS 5.0, for every cookie that a client gets when it signs in over HTTPS.</summary>
public sealed class AsvsCookieTests : IAsyncLifetime
{
    private const string TicketName = "__Host-Ticket";
    private CountingEngine engine = null!;
    private WebHost host = null!;
    private IReadOnlyList<string> headers = null!;

    public async ValueTask InitializeAsync()
    {
        engine = await Engines.OpenAsync();
        host = await SignInApp.StartAsync(engine, cookie: static options => options.Cookie.Name = TicketName);
        using var client = WebHost.Plain();
        client.DefaultRequestHeaders.Add("Https", "yes");
        using var response = await client.GetAsync(host.At("/sign-in/ada?bytes=100000"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        headers = SentCookies.HeadersOf(response);
        Assert.Equal(["__Host-Holdfast", "__Host-Holdfast-Seen", TicketName], headers.Select(NameOf).Order(StringComparer.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Fact]
    public void ASVS_3_3_1_Cookies_are_secure() => Assert.All(headers, static header => Assert.Contains("secure", AttributesOf(header)));

    [Fact]
    public void ASVS_3_3_2_Cookies_do_not_come_along_from_other_sites() =>
        Assert.All(headers, static header => Assert.Contains("samesite=lax", AttributesOf(header)));

    [Fact]
    public void ASVS_3_3_3_Cookies_are_bound_to_their_host_by_name_and_attributes() => Assert.All(headers, static header =>
    {
        Assert.StartsWith("__Host-", header, StringComparison.Ordinal);
        Assert.Contains("path=/", AttributesOf(header));
        Assert.DoesNotContain(AttributesOf(header), static attribute => attribute.StartsWith("domain", StringComparison.Ordinal));
    });

    [Fact]
    public void ASVS_3_3_4_Scripts_do_not_see_the_cookies() => Assert.All(headers, static header => Assert.Contains("httponly", AttributesOf(header)));

    [Fact]
    public void ASVS_3_3_5_Name_and_value_have_at_most_4096_bytes_however_large_the_ticket_is() =>
        Assert.All(headers, static header => Assert.InRange(header.Split(';')[0].Length, 1, 4096));

    private static string NameOf(string header) => header.Split('=')[0];

    private static string[] AttributesOf(string header) => [.. header.Split(';').Skip(1).Select(static attribute => attribute.Trim().ToLowerInvariant())];
}
