using System.Text.Json;
using Microsoft.Extensions.Caching.Memory;

namespace Corpus.Cases;

/// <summary>Harbour tariffs in files that all copies share, read through IMemoryCache.</summary>
internal static class CachedTariffs
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    public static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.Services.AddMemoryCache();
        var app = builder.Build();
        app.MapGet("/", static () => new { port = "Tarbert", now = DateTimeOffset.UtcNow });

        app.MapGet("/harbours/{harbour}/tariff", static async (string harbour, IMemoryCache cache) =>
        {
            var tariff = await cache.GetOrCreateAsync(harbour, async entry =>
            {
                entry.AbsoluteExpirationRelativeToNow = Lifetime;
                return await LoadAsync(harbour);
            });
            return tariff is null ? Results.NotFound() : Results.Ok(tariff);
        });

        app.MapPut("/harbours/{harbour}/tariff", static async (string harbour, Tariff tariff, IMemoryCache cache) =>
        {
            if (tariff.PencePerMetre is < 1 or > 10_000)
            {
                return Results.UnprocessableEntity(new { error = "A tariff is from 1 to 10,000 pence a metre." });
            }

            await StoreAsync(harbour, tariff);
            cache.Set(harbour, tariff, Lifetime);
            return Results.Ok(tariff);
        });

        app.MapGet("/harbours/{harbour}/quote", static async (string harbour, int metres, IMemoryCache cache) =>
        {
            var tariff = cache.Get<Tariff>(harbour) ?? await LoadAsync(harbour);
            return tariff is null
                ? Results.NotFound()
                : Results.Ok(new { metres, pence = metres * tariff.PencePerMetre, quote = Guid.NewGuid(), valid = DateTimeOffset.UtcNow.AddHours(1) });
        });
        return app;
    }

    private static string PathOf(string harbour) =>
        Path.Combine(Environment.GetEnvironmentVariable("SHARED_DIR")!, Uri.EscapeDataString(harbour) + ".json");

    private static async Task<Tariff?> LoadAsync(string harbour) =>
        File.Exists(PathOf(harbour)) ? JsonSerializer.Deserialize<Tariff>(await File.ReadAllTextAsync(PathOf(harbour))) : null;

    private static async Task StoreAsync(string harbour, Tariff tariff)
    {
        var draft = $"{PathOf(harbour)}.{Guid.NewGuid():N}";
        await File.WriteAllTextAsync(draft, JsonSerializer.Serialize(tariff));
        File.Move(draft, PathOf(harbour), overwrite: true);
    }

    internal sealed record Tariff(string Season, int PencePerMetre);
}
