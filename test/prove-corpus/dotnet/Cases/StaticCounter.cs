using System.Globalization;

namespace Corpus.Cases;

/// <summary>A small site that counts its visitors, as sites did, in a static field.</summary>
internal static class StaticCounter
{
    private static long visitors;

    public static WebApplication Build(WebApplicationBuilder builder)
    {
        var app = builder.Build();
        app.MapGet("/healthz", static () => "ok");
        app.MapPost("/visits", static () =>
        {
            var number = Interlocked.Increment(ref visitors);
            return Results.Json(new { youAre = number, welcome = number % 100 == 0 ? "You win a cake." : "Welcome." });
        });
        app.MapGet("/visits", static () => new { visitors = Interlocked.Read(ref visitors), asOf = DateTimeOffset.UtcNow });
        app.MapGet("/", static (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "no-store";
            var count = Interlocked.Read(ref visitors).ToString("N0", CultureInfo.InvariantCulture);
            return Results.Content($"""
                <!doctype html><html><head><title>The Cove</title></head><body>
                <h1>The Cove</h1><p>We had <span id="visitors">{count}</span> visitors.</p>
                <form method="post" action="/visits"><button>I was here</button></form>
                <footer>{DateTime.UtcNow:yyyy-MM-dd HH:mm:ss}</footer></body></html>
                """, "text/html");
        });
        return app;
    }
}
