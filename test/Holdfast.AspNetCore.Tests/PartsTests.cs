using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests;

/// <summary>Each part stands alone upon the engine; that of tickets has tests of its own.</summary>
public sealed class PartsTests : IAsyncLifetime
{
    private readonly HttpClient browser = WebHost.Browser();
    private readonly DirectoryInfo ring = Directory.CreateTempSubdirectory("holdfast-ring-");
    private CountingEngine engine = null!;

    public async ValueTask InitializeAsync() => engine = await Engines.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await engine.DisposeAsync();
        ring.Delete(recursive: true);
    }

    [Fact]
    public async Task The_engine_alone_is_opened_and_leaves_sessions_and_ring_to_the_application()
    {
        await using var host = await StartAsync(static services => services.AddHoldfastEngine(), static app =>
            app.MapGet("/", async (StateEngine engine) => (await engine.ReadAsync(new Address("thing", "x"))).Record is null ? "none" : "some"));
        Assert.Equal("none", await browser.GetStringAsync(host.At("/")));
        Assert.Equal([], await KindsAsync());
    }

    [Fact]
    public async Task The_ring_alone_is_shared_by_instances_that_have_nothing_else_of_Holdfast()
    {
        static Task<WebHost> RingAsync(PartsTests test) => test.StartAsync(static services => services.AddHoldfastEngine().AddHoldfastDataProtection(), static app => { });
        await using var one = await RingAsync(this);
        await using var other = await RingAsync(this);
        var token = one.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("p").Protect("text");
        Assert.Equal("text", other.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("p").Unprotect(token));
        Assert.Equal(["keyring"], await KindsAsync());
    }

    [Fact]
    public async Task Sessions_alone_work_with_a_ring_that_is_kept_elsewhere()
    {
        await using var one = await SessionsAsync();
        await using var other = await SessionsAsync();
        await browser.GetStringAsync(one.At("/set/Ada"));
        Assert.Equal("Ada", await browser.GetStringAsync(other.At("/get")));
        Assert.Equal(["session"], await KindsAsync());
    }

    [Fact]
    public async Task Idempotency_needs_no_part_but_that_of_sessions_and_no_session()
    {
        await using var one = await SessionsAsync();
        await using var other = await SessionsAsync();
        var answers = new List<string>();
        foreach (var host in (WebHost[])[one, other])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, host.At("/order")) { Headers = { { "Idempotency-Key", "\"k\"" } } };
            using var response = await browser.SendAsync(request);
            answers.Add(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        }

        Assert.Single(answers.Distinct());
        Assert.Equal(["idempotency", "idempotency-usage", "order"], await KindsAsync());
    }

    private Task<WebHost> SessionsAsync() => StartAsync(
        services =>
        {
            services.AddHoldfastEngine().AddHoldfastSessions();
            services.AddDataProtection().PersistKeysToFileSystem(ring).SetApplicationName("parts");
        },
        static app =>
        {
            app.UseHoldfast();
            app.MapGet("/set/{name}", static (string name, HttpContext context) => context.Session.SetString("name", name));
            app.MapGet("/get", static (HttpContext context) => context.Session.GetString("name"));
            app.MapPost("/order", static (HttpContext context) =>
            {
                context.GetState().Enlist(RecordChange.Update(new Address("order", "x")).Add("n", 1));
                return Guid.NewGuid().ToString();
            }).WithIdempotency();
        });

    private Task<WebHost> StartAsync(Action<IServiceCollection> add, Action<WebApplication> map) => WebHost.StartBareAsync(
        builder =>
        {
            builder.Services.AddSingleton<StateEngine>(engine);
            add(builder.Services);
        },
        map);

    /// <summary>The kinds of records that the store holds.</summary>
    private async Task<IReadOnlyList<string>> KindsAsync()
    {
        string[] known = ["idempotency", "idempotency-claim", "idempotency-usage", "keyring", "logins", "order", "session", "session-renewed", "session-trace", "ticket"];
        var kinds = new List<string>();
        foreach (var kind in known)
        {
            if ((await engine.RecordsAsync(kind)).Count > 0)
            {
                kinds.Add(kind);
            }
        }

        return kinds;
    }
}
