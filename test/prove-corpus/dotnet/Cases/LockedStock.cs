using System.Text.Json;

namespace Corpus.Cases;

/// <summary>
/// A chandler's stock in a shared folder. A lock makes each change whole, as far as it reaches: to the end of the process.
/// </summary>
internal static class LockedStock
{
    private static readonly SemaphoreSlim OneAtATime = new(1, 1);

    public static WebApplication Build(WebApplicationBuilder builder)
    {
        var app = builder.Build();
        app.MapGet("/", static () => new { shop = "Chandler", open = true, at = DateTimeOffset.UtcNow });

        app.MapPut("/stock/{item}", static async (string item, Delivery delivery) =>
        {
            await ChangeAsync(item, stock => stock with { Left = delivery.Pieces, Reserved = [] });
            return Results.NoContent();
        });

        app.MapPost("/stock/{item}/reservations", static async (string item, Reservation reservation) =>
        {
            var isReserved = false;
            var stock = await ChangeAsync(item, stock =>
            {
                isReserved = stock.Left >= reservation.Pieces;
                return isReserved ? new Stock(stock.Left - reservation.Pieces, [.. stock.Reserved, reservation.Pieces]) : stock;
            });
            return isReserved
                ? Results.Accepted($"/stock/{item}", new { reserved = reservation.Pieces, number = Guid.NewGuid() })
                : Results.Conflict(new { error = "There are not that many left.", stock.Left });
        });

        app.MapGet("/stock/{item}", static async (string item) =>
        {
            var stock = await LoadAsync(item);
            return new { item, stock.Left, reservations = stock.Reserved.Length, reserved = stock.Reserved.Sum() };
        });
        return app;
    }

    private static string PathOf(string item) =>
        Path.Combine(Environment.GetEnvironmentVariable("SHARED_DIR")!, Uri.EscapeDataString(item) + ".json");

    private static async Task<Stock> LoadAsync(string item) =>
        File.Exists(PathOf(item)) ? JsonSerializer.Deserialize<Stock>(await File.ReadAllTextAsync(PathOf(item)))! : new Stock(0, []);

    private static async Task<Stock> ChangeAsync(string item, Func<Stock, Stock> change)
    {
        await OneAtATime.WaitAsync();
        try
        {
            var stock = change(await LoadAsync(item));
            await Task.Delay(10); // The label printer has to be told.
            var draft = $"{PathOf(item)}.{Guid.NewGuid():N}";
            await File.WriteAllTextAsync(draft, JsonSerializer.Serialize(stock));
            File.Move(draft, PathOf(item), overwrite: true);
            return stock;
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    internal sealed record Delivery(int Pieces);

    internal sealed record Reservation(int Pieces);

    internal sealed record Stock(int Left, int[] Reserved);
}
