using System.Net;
using System.Net.Http.Headers;
using System.Security.Claims;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>An application with a keyed endpoint, whose users are whoever the header X-User names, over an engine that counts.</summary>
internal sealed class KeyedApp : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<HttpClient> clients = [];
    private readonly List<Commit> commits = [];
    private int runs;

    private KeyedApp(CountingEngine engine) => Engine = engine;

    public CountingEngine Engine { get; }

    public WebHost Host { get; private set; } = null!;

    /// <summary>How often the handler was run.</summary>
    public int Runs => Volatile.Read(ref runs);

    /// <summary>Every commit since the last <see cref="ForgetCommits"/>.</summary>
    public IReadOnlyList<Commit> Commits
    {
        get
        {
            lock (commits)
            {
                return [.. commits];
            }
        }
    }

    /// <param name="handler">What POST / does after it has been counted.</param>
    /// <param name="change">The endpoint's options.</param>
    /// <param name="clock">The engine's clock.</param>
    /// <param name="configure">The application's options.</param>
    /// <param name="map">More endpoints.</param>
    public static async Task<KeyedApp> StartAsync(
        Func<HttpContext, Task> handler,
        Func<IdempotencyOptions, IdempotencyOptions>? change = null,
        TimeProvider? clock = null,
        Action<HoldfastOptions>? configure = null,
        Action<WebApplication>? map = null)
    {
        var app = new KeyedApp(await Engines.OpenAsync(clock));
        app.Engine.BeforeCommit = app.NoteAsync;
        app.Host = await WebHost.StartAsync(app.Engine, web =>
        {
            web.UseExceptionHandler(static page => page.Run(static context => context.Response.WriteAsync("it failed")));
            web.UseHoldfast();
            web.Use(SignIn);
            map?.Invoke(web);
            web.MapMethods("/{**path}", ["GET", "POST", "PUT", "PATCH", "DELETE"], context =>
            {
                Interlocked.Increment(ref app.runs);
                return handler(context);
            }).WithIdempotency(change);
        }, configure);
        app.ForgetCommits();
        return app;
    }

    /// <summary>A client that keeps cookies.</summary>
    public HttpClient Browser(string? user = null) => Added(WebHost.Browser(), user);

    /// <summary>A client that keeps no cookies.</summary>
    public HttpClient Client(string? user = null) => Added(WebHost.Plain(), user);

    /// <summary>The users' partition.</summary>
    public int PartitionOf(string affinity) => Engine.Partitions.PartitionOf(affinity);

    public void ForgetCommits()
    {
        Engine.Count();
        lock (commits)
        {
            commits.Clear();
        }
    }

    /// <summary>Whatever the store holds of keys.</summary>
    public Task<IReadOnlyList<Record>> KeysAsync(string kind = "idempotency") => Engine.RecordsAsync(kind);

    /// <summary>Asks again until it is there; fails when it does not come.</summary>
    public static async Task SeeAsync(Func<bool> isThere)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!isThere())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "It did not come.");
            await Task.Delay(10);
        }
    }

    public async ValueTask DisposeAsync()
    {
        clients.ForEach(static client => client.Dispose());
        await Host.DisposeAsync();
        await Engine.DisposeAsync();
    }

    private static Task SignIn(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Headers["X-User"] is [{ } user])
        {
            context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, user)], "test"));
        }

        return next(context);
    }

    private Task NoteAsync(Commit commit)
    {
        lock (commits)
        {
            commits.Add(commit);
        }

        return Task.CompletedTask;
    }

    private HttpClient Added(HttpClient client, string? user)
    {
        client.BaseAddress = Host.Url;
        if (user is not null)
        {
            client.DefaultRequestHeaders.Add("X-User", user);
        }

        clients.Add(client);
        return client;
    }
}

/// <summary>Sends keyed requests.</summary>
internal static class KeyedRequests
{
    public static Task<HttpResponseMessage> PostAsync(this HttpClient client, string path, string? key, string body = "", string type = "text/plain") =>
        client.SendKeyedAsync(HttpMethod.Post, path, key is null ? null : $"\"{key}\"", body, type);

    public static async Task<HttpResponseMessage> SendKeyedAsync(
        this HttpClient client, HttpMethod method, string path, string? header, string body = "", string type = "text/plain")
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(type));
        if (header is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", header);
        }

        return await client.SendAsync(request);
    }

    /// <summary>The remedy of a refusal, which must have this status.</summary>
    public static async Task<string> RemedyAsync(this Task<HttpResponseMessage> answer, HttpStatusCode status)
    {
        using var response = await answer;
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{(int)response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.False(IsReplayed(response));
        return JsonDocument.Parse(text).RootElement.GetProperty("detail").GetString()!;
    }

    /// <summary>The body of an answer that must have this status.</summary>
    public static async Task<string> TextAsync(this Task<HttpResponseMessage> answer, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var response = await answer;
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{(int)response.StatusCode}: {text}");
        return text;
    }

    public static bool IsReplayed(this HttpResponseMessage response) => response.Headers.Contains("Idempotent-Replayed");
}
