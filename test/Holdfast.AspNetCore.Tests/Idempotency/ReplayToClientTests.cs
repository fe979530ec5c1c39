using System.Net;
using System.Security.Claims;
using Holdfast.AspNetCore.Tests.Requests;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>Whom a repetition tells what the first response told its client: cookies reach the very client or nobody.</summary>
public sealed class ReplayToClientTests : IAsyncLifetime
{
    private static readonly Address Changes = new("change", "2~x");

    private CountingEngine engine = null!;
    private WebHost host = null!;
    private int runs;

    public async ValueTask InitializeAsync()
    {
        engine = await Engines.OpenAsync();
        host = await WebHost.StartAsync(
            engine,
            app =>
            {
                app.UseHoldfast();
                app.UseAuthentication();
                app.MapPost("/begin", static context =>
                {
                    context.Session.SetString("begun", "yes");
                    return Task.CompletedTask;
                });
                app.MapPost("/sign-in", async context =>
                {
                    Interlocked.Increment(ref runs);
                    context.Response.Cookies.Append("theme", "dark");
                    await context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, "ada")], "Cookies")));
                    await context.Response.WriteAsync("welcome");
                }).WithIdempotency();
                app.MapPost("/sign-out", async context =>
                {
                    Interlocked.Increment(ref runs);
                    context.GetState().EndSession();
                    await context.Response.WriteAsync("bye");
                }).WithIdempotency();
                app.MapPost("/log-in", static async context => await context.GetState().SignInAsync("bob"));
                app.MapPost("/change", async context =>
                {
                    Interlocked.Increment(ref runs);
                    var state = context.GetState();
                    state.Enlist(RecordChange.Update(Changes).Add("n", 1));
                    if (context.Request.Query["by"] == "ending")
                    {
                        state.EndSession();
                    }
                    else
                    {
                        state.RenewSession();
                    }

                    await context.Response.WriteAsync($"changed by {state.UserId}");
                }).WithIdempotency();
                app.MapGet("/who", static context => context.Response.WriteAsync(context.GetState().UserId ?? "nobody"));
                app.MapPost("/write", async context =>
                {
                    Interlocked.Increment(ref runs);
                    context.GetState().Enlist(RecordChange.Update(new Address("note", "1~x")).Set("n", "written"));
                    await context.Response.WriteAsync("written");
                }).WithIdempotency();
                app.MapGet("/me", static context => context.Response.WriteAsync($"{context.User.Identity?.IsAuthenticated} {context.Session.GetString("begun")}"));
            },
            build: static builder => builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie());
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task A_client_whose_sign_in_was_answered_into_the_void_is_signed_in_by_the_repetition()
    {
        var before = await BeginAsync();
        using (var lost = await PostAsync("/sign-in", "k", before))
        {
            Assert.Equal(HttpStatusCode.OK, lost.StatusCode);
        }

        using var again = await PostAsync("/sign-in", "k", before);
        Assert.True(again.IsReplayed());
        Assert.Equal("welcome", await again.Content.ReadAsStringAsync());
        var cookies = CookiesOf(again);
        Assert.Equal("dark", cookies["theme"]);
        Assert.Equal("True yes", await MeAsync(cookies));
        Assert.Equal("False ", await MeAsync(before));
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task A_client_that_has_its_new_session_already_gets_the_same_response_and_stays_signed_in()
    {
        var before = await BeginAsync();
        using var first = await PostAsync("/sign-in", "k", before);
        var after = CookiesOf(first);
        using var again = await PostAsync("/sign-in", "k", after);
        Assert.True(again.IsReplayed());
        Assert.DoesNotContain(".Holdfast", CookiesOf(again).Keys);
        Assert.Equal("True yes", await MeAsync(after));
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task Nobody_else_gets_a_cookie_by_knowing_the_key()
    {
        var before = await BeginAsync();
        using var first = await PostAsync("/sign-in", "k", before);
        foreach (var other in (Dictionary<string, string>[])[new Dictionary<string, string>(), await BeginAsync()])
        {
            using var response = await PostAsync("/sign-in", "k", other);
            Assert.False(response.IsReplayed());
        }

        // Who came without a session can not prove to be the same: the response is repeated, the session is not.
        using var anonymous = await PostAsync("/sign-in", "k", new Dictionary<string, string>());
        Assert.True(anonymous.IsReplayed());
        Assert.False(anonymous.Headers.Contains("Set-Cookie") && CookiesOf(anonymous).Keys.Any(static name => name is "theme" or ".Holdfast" or ".AspNetCore.Cookies"));
    }

    [Fact]
    public async Task Cookies_do_not_lie_open_in_the_store()
    {
        var before = await BeginAsync();
        using var first = await PostAsync("/sign-in", "k", before);
        var ticket = CookiesOf(first)[".AspNetCore.Cookies"];
        for (var partition = 0; partition < engine.Partitions.Count; partition++)
        {
            await foreach (var record in engine.ScanAsync(partition, "idempotency"))
            {
                Assert.NotNull(record["cookies"]);
                Assert.DoesNotContain(record.Fields.Keys, field => record.Text(field)!.Contains(ticket, StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public async Task A_sign_out_that_was_answered_into_the_void_takes_the_cookie_with_the_repetition()
    {
        var before = await BeginAsync();
        using var first = await PostAsync("/sign-out", "k", before);
        using var again = await PostAsync("/sign-out", "k", before);
        Assert.True(again.IsReplayed());
        Assert.Equal("", CookiesOf(again)[".Holdfast"]);
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task A_repetition_reads_what_the_first_run_wrote_in_other_partitions()
    {
        var before = await BeginAsync();
        using var first = await PostAsync("/write", "k", before);
        using var again = await PostAsync("/write", "k", before);
        Assert.True(again.IsReplayed());
        Assert.Equal(CookiesOf(first).Keys.Order(), CookiesOf(again).Keys.Order());
        Assert.Contains(".Holdfast-Seen", CookiesOf(again).Keys);
        Assert.DoesNotContain(".Holdfast", CookiesOf(again).Keys);
    }

    [Fact]
    public async Task Who_is_signed_in_and_lost_the_answer_of_a_request_that_renewed_the_session_is_answered_again_and_has_it()
    {
        var before = await LogInAsync();
        using var lost = await PostAsync("/change", "k", before);
        Assert.Equal("changed by bob", await lost.Content.ReadAsStringAsync());

        using var again = await PostAsync("/change", "k", before);
        Assert.True(again.IsReplayed());
        Assert.Equal("changed by bob", await again.Content.ReadAsStringAsync());
        var after = before.Concat(CookiesOf(again)).GroupBy(static pair => pair.Key).ToDictionary(static group => group.Key, static group => group.Last().Value);
        Assert.Equal("bob", await GetAsync("/who", after));
        Assert.Equal("nobody", await GetAsync("/who", before));
        Assert.Equal((1, 1), (runs, await ChangesAsync()));

        // Another key of the old session is nobody's, and another session's same key is its own.
        using var other = await PostAsync("/change", "l", before);
        Assert.False(other.IsReplayed());
        using var elsewhere = await PostAsync("/change", "k", await BeginAsync());
        Assert.False(elsewhere.IsReplayed());
    }

    [Fact]
    public async Task Who_is_signed_in_and_lost_the_answer_of_a_request_that_ended_the_session_is_answered_again_and_has_none()
    {
        var before = await LogInAsync();
        using var lost = await PostAsync("/change?by=ending", "k", before);
        using var again = await PostAsync("/change?by=ending", "k", before);
        Assert.True(again.IsReplayed());
        Assert.Equal("", CookiesOf(again)[".Holdfast"]);
        Assert.Equal((1, 1), (runs, await ChangesAsync()));
    }

    private async Task<long> ChangesAsync() => (await engine.ReadAsync(Changes, Freshness.Latest)).Record!.Counter("n");

    private async Task<Dictionary<string, string>> LogInAsync()
    {
        using var response = await PostAsync("/log-in", null, await BeginAsync());
        return CookiesOf(response);
    }

    private async Task<Dictionary<string, string>> BeginAsync()
    {
        using var response = await PostAsync("/begin", null, new Dictionary<string, string>());
        return CookiesOf(response);
    }

    private Task<string> MeAsync(Dictionary<string, string> cookies) => GetAsync("/me", cookies);

    private async Task<string> GetAsync(string path, Dictionary<string, string> cookies)
    {
        using var client = WebHost.Plain();
        using var request = new HttpRequestMessage(HttpMethod.Get, host.At(path)) { Headers = { { "Cookie", Header(cookies) } } };
        using var response = await client.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string? key, Dictionary<string, string> cookies)
    {
        using var client = WebHost.Plain();
        if (cookies.Count > 0)
        {
            client.DefaultRequestHeaders.Add("Cookie", Header(cookies));
        }

        return await client.PostAsync(host.At(path).ToString(), key);
    }

    private static string Header(Dictionary<string, string> cookies) => string.Join("; ", cookies.Select(static cookie => $"{cookie.Key}={cookie.Value}"));

    private static Dictionary<string, string> CookiesOf(HttpResponseMessage response) =>
        !response.Headers.TryGetValues("Set-Cookie", out var lines)
            ? new Dictionary<string, string>()
            : lines.Select(static line => line.Split(';')[0].Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[1]);
}
