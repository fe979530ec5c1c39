using System.Net;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Mvc;

namespace Corpus.Cases;

/// <summary>A suggestion box of HTML forms with antiforgery tokens. The suggestions are shared, the keys of the tokens are the process's own.</summary>
internal static class SuggestionBox
{
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        // The file system of the image is read-only, so the keys stay in memory.
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Services.AddAntiforgery();
        var shared = Environment.GetEnvironmentVariable("SHARED_DIR")!;
        string FolderOf(string box) => Path.Combine(shared, Uri.EscapeDataString(box));

        var app = builder.Build();
        app.UseAntiforgery();
        app.MapGet("/healthz", static () => "ok");

        app.MapGet("/boxes/{box}", (string box, HttpContext context, IAntiforgery antiforgery) =>
        {
            var tokens = antiforgery.GetAndStoreTokens(context);
            var texts = Directory.Exists(FolderOf(box))
                ? Directory.GetFiles(FolderOf(box)).Order(StringComparer.Ordinal).Select(File.ReadAllText)
                : [];
            return Results.Content($"""
                <!doctype html><html><head><title>Suggestions</title></head><body>
                <ol>{string.Concat(texts.Select(static text => $"<li>{WebUtility.HtmlEncode(text)}</li>"))}</ol>
                <form method="post" action="/boxes/{Uri.EscapeDataString(box)}">
                <input type="hidden" name="{tokens.FormFieldName}" value="{tokens.RequestToken}">
                <input name="text"><button>Suggest</button></form></body></html>
                """, "text/html");
        });

        app.MapPost("/boxes/{box}", async (string box, [FromForm] string text) =>
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                return Results.BadRequest("A suggestion has a text.");
            }

            Directory.CreateDirectory(FolderOf(box));
            var name = $"{DateTimeOffset.UtcNow.Ticks:D20}-{Guid.NewGuid():N}";
            await File.WriteAllTextAsync(Path.Combine(FolderOf(box), name), text);
            return Results.Redirect($"/boxes/{Uri.EscapeDataString(box)}");
        });
        return app;
    }
}
