using System.Net;
using System.Reflection;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Razor.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>Every kind of endpoint can be idempotent, and none that declares it runs without.</summary>
public sealed class EndpointKindsTests : IAsyncLifetime
{
    private CountingEngine engine = null!;

    public async ValueTask InitializeAsync() => engine = await Engines.OpenAsync();

    public ValueTask DisposeAsync() => engine.DisposeAsync();

    [Theory]
    [InlineData("/lambda")]
    [InlineData("/attributed-lambda")]
    [InlineData("/group/one")]
    [InlineData("/orders/place")]
    [InlineData("/plain/place")]
    [InlineData("/page")]
    [InlineData("/attributed-page")]
    public async Task It_requires_a_key_runs_once_and_repeats(string path)
    {
        await using var host = await StartAsync();
        using var client = WebHost.Plain();
        await client.PostAsync(host.At(path).ToString(), null).RemedyAsync(HttpStatusCode.BadRequest);
        var first = await client.PostAsync(host.At(path).ToString(), "k").TextAsync();
        using var again = await client.PostAsync(host.At(path).ToString(), "k");
        Assert.True(again.IsReplayed());
        Assert.Equal(first, await again.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_attribute_on_a_page_model_is_enough()
    {
        await using var host = await WebHost.StartAsync(
            engine,
            static app =>
            {
                app.UseHoldfast();
                app.MapRazorPages();
            },
            build: Build);
        using var client = WebHost.Plain();
        await client.PostAsync(host.At("/attributed-page").ToString(), null).RemedyAsync(HttpStatusCode.BadRequest);
        Assert.NotEqual(await client.PostAsync(host.At("/page").ToString(), "k").TextAsync(), await client.PostAsync(host.At("/page").ToString(), "k").TextAsync());
    }

    [Fact]
    public async Task What_stands_on_the_handler_goes_before_what_its_group_says_and_the_rest_adds_up()
    {
        await using var host = await StartAsync();
        using var client = WebHost.Plain();
        foreach (var path in (string[])["/group/optional", "/optional/place"])
        {
            using var response = await client.PostAsync(host.At(path).ToString(), null);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("window=3600", response.Headers.GetValues("Idempotency-Key-Support").Single());
        }
    }

    [Fact]
    public async Task A_forms_token_is_checked_ahead_of_the_endpoint_and_the_form_is_a_part_of_the_request()
    {
        await using var host = await StartAsync();
        using var browser = WebHost.Browser();
        foreach (var path in (string[])["/form", "/forms/place"])
        {
            var token = await browser.GetStringAsync(host.At("/token"));
            var first = await SendAsync(path, token, "1", HttpStatusCode.OK);
            Assert.Equal(first, await SendAsync(path, token, "1", HttpStatusCode.OK));
            await SendAsync(path, token, "2", HttpStatusCode.UnprocessableEntity);
        }

        async Task<string> SendAsync(string path, string token, string sku, HttpStatusCode status)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, host.At(path)) { Headers = { { "Idempotency-Key", $"\"{path}\"" } } };
            request.Content = new FormUrlEncodedContent([new("__RequestVerificationToken", token), new("sku", sku)]);
            return await browser.SendAsync(request).TextAsync(status);
        }
    }

    [Theory]
    [InlineData("/lambda")]
    [InlineData("/attributed-lambda")]
    [InlineData("/plain/place")]
    [InlineData("/page")]
    [InlineData("/attributed-page")]
    public async Task Where_routing_comes_after_it_does_too(string path)
    {
        await using var host = await StartAsync(static app =>
        {
            app.UseHoldfast();
            app.UseRouting();
        });
        using var client = WebHost.Plain();
        using var first = await client.PostAsync(host.At(path).ToString(), "k");
        using var again = await client.PostAsync(host.At(path).ToString(), "k");
        Assert.True(again.IsReplayed());
        Assert.Equal(await first.Content.ReadAsStringAsync(), await again.Content.ReadAsStringAsync());
        Assert.Equal("window=86400, required", again.Headers.GetValues("Idempotency-Key-Support").Single());
    }

    [Theory]
    [InlineData("/lambda")]
    [InlineData("/attributed-lambda")]
    [InlineData("/plain/place")]
    [InlineData("/page")]
    [InlineData("/attributed-page")]
    public async Task Without_Holdfast_in_the_pipeline_it_does_not_run_at_all(string path)
    {
        await using var host = await StartAsync(static _ => { });
        using var client = WebHost.Plain();
        await client.PostAsync(host.At(path).ToString(), "k").TextAsync(HttpStatusCode.InternalServerError);
    }

    [Fact]
    public async Task Options_that_can_not_be_are_told_all_at_once()
    {
        await using var host = await WebHost.StartAsync(engine, static app =>
        {
            app.Use(static async (context, next) =>
            {
                try
                {
                    await next(context);
                }
                catch (Microsoft.Extensions.Options.OptionsValidationException fault)
                {
                    await context.Response.WriteAsync(fault.Message);
                }
            });
            app.UseHoldfast();
            app.MapPost("/", static () => "never").WithIdempotency(static options => options with
            {
                MaxRequestBytes = -1, MaxResponseBytes = 1 << 20, Window = TimeSpan.FromDays(2), ClaimLifetime = TimeSpan.Zero, FingerprintHeaders = [""],
            });
        });
        using var client = WebHost.Plain();
        var text = await client.PostAsync(host.At("/").ToString(), "k").TextAsync();
        Assert.All(
            (string[])["MaxRequestBytes", "MaxResponseBytes", "Window", "ClaimLifetime", "FingerprintHeaders"],
            name => Assert.Contains($".{name} ", text, StringComparison.Ordinal));
    }

    private Task<WebHost> StartAsync(Action<WebApplication>? begin = null) => WebHost.StartAsync(engine, app => Map(app, begin), build: Build);

    private static void Build(WebApplicationBuilder builder)
    {
        builder.Services.AddControllersWithViews().AddApplicationPart(typeof(PlainController).Assembly);
        builder.Services.AddRazorPages(static pages => pages.Conventions.ConfigureFilter(new IgnoreAntiforgeryTokenAttribute()))
            .ConfigureApplicationPartManager(static parts => parts.ApplicationParts.Add(new Pages()));
    }

    private static void Map(WebApplication app, Action<WebApplication>? begin)
    {
        if (begin is null)
        {
            app.UseHoldfast();
        }
        else
        {
            begin(app);
        }

        app.UseAntiforgery();
        app.MapPost("/lambda", Answer.Next).WithIdempotency();
        app.MapPost("/attributed-lambda", [Idempotent] static () => Answer.Next());
        var group = app.MapGroup("/group").WithIdempotency(static options => options with { Window = TimeSpan.FromHours(1) });
        group.MapPost("/one", Answer.Next);
        group.MapPost("/optional", Answer.Next).WithIdempotency(static options => options with { Required = false });
        app.MapPost("/form", static ([FromForm] string sku) => $"{sku} {Answer.Next()}").WithIdempotency();
        app.MapGet("/token", static (HttpContext context, IAntiforgery antiforgery) => antiforgery.GetAndStoreTokens(context).RequestToken);
        app.MapControllerRoute("orders", "orders/{action}", new { controller = "Plain" }).WithIdempotency();
        app.MapControllerRoute("optional", "optional/{action}", new { controller = "Optional" }).WithIdempotency(static options => options with { Window = TimeSpan.FromHours(1) });
        app.MapControllerRoute("others", "{controller}/{action}");
        app.MapRazorPages().WithIdempotency();
    }

    /// <summary>Pages as the Razor compiler would make them.</summary>
    private sealed class Pages : ApplicationPart, IRazorCompiledItemProvider
    {
        public override string Name => "pages";

        public IEnumerable<RazorCompiledItem> CompiledItems => [new Item(typeof(NotePage), "/Pages/Note.cshtml"), new Item(typeof(AttributedPage), "/Pages/Attributed.cshtml")];

        private sealed class Item(Type type, string identifier) : RazorCompiledItem
        {
            public override string Identifier => identifier;

            public override string Kind => "mvc.1.0.razor-page";

            public override Type Type => type;

            public override IReadOnlyList<object> Metadata { get; } = [.. type.GetCustomAttributes<RazorCompiledItemMetadataAttribute>()];
        }
    }
}

/// <summary>Answers that differ each time.</summary>
internal static class Answer
{
    private static int number;

    public static string Next() => $"answer {Interlocked.Increment(ref number)}";
}

[Idempotent]
public sealed class PlainController : Controller
{
    public IActionResult Place() => Content(Answer.Next());
}

public sealed class OptionalController : Controller
{
    [Idempotent(Required = false)]
    public IActionResult Place() => Content(Answer.Next());
}

[Idempotent]
public sealed class FormsController : Controller
{
    [ValidateAntiForgeryToken]
    public IActionResult Place(string sku) => Content($"{sku} {Answer.Next()}");
}

[RazorCompiledItemMetadata("RouteTemplate", "/page")]
public sealed class NotePage : Page
{
    public NoteModel Model => (NoteModel)PageContext.ViewData.Model!;

    public override Task ExecuteAsync()
    {
        WriteLiteral(Answer.Next());
        return Task.CompletedTask;
    }
}

public sealed class NoteModel : PageModel
{
    public void OnPost()
    {
    }
}

[RazorCompiledItemMetadata("RouteTemplate", "/attributed-page")]
public sealed class AttributedPage : Page
{
    public AttributedModel Model => (AttributedModel)PageContext.ViewData.Model!;

    public override Task ExecuteAsync()
    {
        WriteLiteral(Answer.Next());
        return Task.CompletedTask;
    }
}

[Idempotent]
public sealed class AttributedModel : PageModel
{
    public void OnPost()
    {
    }
}
