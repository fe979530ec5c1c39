using System.Text.Json;

namespace Corpus.Cases;

/// <summary>A diary: a file for each day under App_Data of the content root.</summary>
internal static class DiaryFiles
{
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        var app = builder.Build();
        var root = Path.Combine(app.Environment.ContentRootPath, "App_Data", "diaries");
        string FolderOf(string diary) => Path.Combine(root, Uri.EscapeDataString(diary));

        app.MapGet("/", static () => Results.Text("The diary is open."));

        app.MapPut("/diaries/{diary}/{day}", async (string diary, DateOnly day, Entry entry) =>
        {
            if (entry.Text.Length is 0 or > 10_000)
            {
                return Results.BadRequest(new { error = "A day has 1 to 10,000 characters." });
            }

            Directory.CreateDirectory(FolderOf(diary));
            var kept = new KeptEntry(day, entry.Text, entry.Mood ?? "calm", DateTimeOffset.UtcNow);
            await File.WriteAllTextAsync(Path.Combine(FolderOf(diary), $"{day:yyyy-MM-dd}.json"), JsonSerializer.Serialize(kept));
            return Results.Ok(kept);
        });

        app.MapGet("/diaries/{diary}/{day}", async (string diary, DateOnly day) =>
        {
            var path = Path.Combine(FolderOf(diary), $"{day:yyyy-MM-dd}.json");
            return File.Exists(path)
                ? Results.Ok(JsonSerializer.Deserialize<KeptEntry>(await File.ReadAllTextAsync(path)))
                : Results.NotFound(new { error = "Nothing was written on that day." });
        });

        app.MapGet("/diaries/{diary}", (string diary) =>
        {
            var days = Directory.Exists(FolderOf(diary))
                ? Directory.GetFiles(FolderOf(diary), "*.json").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal).ToArray()
                : [];
            return new { diary, days, count = days.Length, request = Guid.NewGuid() };
        });
        return app;
    }

    internal sealed record Entry(string Text, string? Mood);

    internal sealed record KeptEntry(DateOnly Day, string Text, string Mood, DateTimeOffset Written);
}
