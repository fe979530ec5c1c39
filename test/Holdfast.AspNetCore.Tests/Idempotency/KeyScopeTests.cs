using System.Net;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>Keys are looked up together with who sent them: PROMISES A13, and nobody's response reaches another.</summary>
public sealed class KeyScopeTests
{
    [Fact]
    public async Task A13_Another_principal_with_the_same_key_and_request_never_sees_the_first_ones_reply()
    {
        await using var app = await KeyedApp.StartAsync(static context => context.Response.WriteAsync($"for {context.User.Claims.FirstOrDefault()?.Value ?? "nobody"}"));
        foreach (var user in (string?[])["ada", "bob", "ADA", null])
        {
            using var response = await app.Client(user).PostAsync("/", "k", "body");
            Assert.False(response.IsReplayed());
            Assert.Equal($"for {user ?? "nobody"}", await response.Content.ReadAsStringAsync());
        }

        Assert.Equal("for ada", await app.Client("ada").PostAsync("/", "k", "body").TextAsync());
        Assert.Equal(4, app.Runs);
    }

    [Fact]
    public async Task A13_The_same_key_with_another_body_is_refused_with_422()
    {
        await using var app = await KeyedApp.StartAsync(static context => context.Response.WriteAsync("done"));
        await app.Client("ada").PostAsync("/", "k", "body").TextAsync();
        await app.Client("ada").PostAsync("/", "k", "other").RemedyAsync(HttpStatusCode.UnprocessableEntity);
        Assert.Equal("done", await app.Client("bob").PostAsync("/", "k", "other").TextAsync());
    }

    [Fact]
    public async Task Sessions_have_keys_of_their_own_beside_their_session()
    {
        await using var app = await KeyedApp.StartAsync(static context =>
        {
            var n = (context.Session.GetInt32("n") ?? 0) + 1;
            context.Session.SetInt32("n", n);
            return context.Response.WriteAsync($"{context.Session.Id} {n}");
        });
        var (one, other) = (app.Browser(), app.Browser());
        var ofOne = await one.PostAsync("/", "begin one").TextAsync();
        var ofOther = await other.PostAsync("/", "begin other").TextAsync();
        Assert.NotEqual(ofOne, ofOther);
        Assert.EndsWith(" 2", await one.PostAsync("/", "k").TextAsync(), StringComparison.Ordinal);
        Assert.EndsWith(" 2", await one.PostAsync("/", "k").TextAsync(), StringComparison.Ordinal);
        Assert.StartsWith(ofOther.Split(' ')[0], await other.PostAsync("/", "k").TextAsync(), StringComparison.Ordinal);
        var partition = app.PartitionOf(ofOne.Split(' ')[0]);
        Assert.Contains(await app.KeysAsync(), record => app.Engine.Partitions.PartitionOf(record.Address) == partition);
    }

    [Fact]
    public async Task A_session_that_the_request_creates_lies_with_its_response_and_whoever_comes_back_with_it_gets_that_response()
    {
        await using var app = await KeyedApp.StartAsync(static context =>
        {
            context.Session.SetString("a", "b");
            return context.Response.WriteAsync(context.Session.Id);
        });
        var browser = app.Browser();
        var session = await browser.PostAsync("/", "k").TextAsync();
        Assert.Equal(2, app.Commits.Count);
        Assert.Equal(session, await browser.PostAsync("/", "k").TextAsync());
        Assert.Equal(1, app.Runs);
        await browser.PostAsync("/", "k", "other").RemedyAsync(HttpStatusCode.UnprocessableEntity);
        Assert.Equal(session, await browser.PostAsync("/", "another").TextAsync());
        Assert.Equal(2, app.Runs);
    }

    [Fact]
    public async Task The_application_may_say_who_it_is()
    {
        await using var app = await KeyedApp.StartAsync(
            static context => context.Response.WriteAsync($"for {context.Request.Headers["X-Tenant"]}"),
            static options => options with { Affinity = static context => context.Request.Headers["X-Tenant"] });
        foreach (var tenant in (string[])["one", "two", "one"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Headers = { { "X-Tenant", tenant }, { "Idempotency-Key", "\"k\"" } } };
            Assert.Equal($"for {tenant}", await app.Client("ada").SendAsync(request).TextAsync());
        }

        Assert.Equal(2, app.Runs);
        Assert.Equal(
            new HashSet<int> { app.PartitionOf("one"), app.PartitionOf("two") },
            (await app.KeysAsync()).Select(record => app.Engine.Partitions.PartitionOf(record.Address)).ToHashSet());
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("")]
    public async Task An_affinity_that_is_none_is_the_applications_mistake_and_nothing_runs(string affinity)
    {
        await using var app = await KeyedApp.StartAsync(static context => context.Response.WriteAsync("done"), options => options with { Affinity = _ => affinity });
        await app.Client().PostAsync("/", "k").TextAsync(HttpStatusCode.InternalServerError);
        Assert.Equal(0, app.Runs);
    }

    [Fact]
    public async Task A_signed_in_user_whom_nothing_tells_from_others_is_refused()
    {
        await using var app = await KeyedApp.StartAsync(static context => context.Response.WriteAsync("done"), configure: static options => options.UserId = static _ => null);
        await app.Client("ada").PostAsync("/", "k").TextAsync(HttpStatusCode.InternalServerError);
        Assert.Equal(0, app.Runs);
    }
}
