using System.Net.Http.Json;
using System.Text.Json;
using Holdfast.EndToEnd.Tests.Processes;
using Holdfast.TestServers;

namespace Holdfast.EndToEnd.Tests;

/// <summary>Signing in makes two commits; what becomes of the second when the instance dies after the first.</summary>
public sealed class CartMoveTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    [Fact]
    public async Task A_move_that_nobody_finished_is_finished_once_from_the_journal_also_by_the_next_process()
    {
        await using var redis = await RedisServer.StartAsync(isDurable: true);
        await using var engine = await RedisEngine.OpenAsync(redis.ConnectionString, PatientOptions.Default);
        await using (var shop = await StartAsync(redis))
        {
            await TakeAsync(engine, "5~first", 2);
            await CartHoldsAsync(shop, 2);
        }

        // The shop was killed. Another takes over when its lease is over, and meets the first move again, perhaps.
        await TakeAsync(engine, "6~second", 3);
        await using var next = await StartAsync(redis);
        await CartHoldsAsync(next, 5);
        await TakeAsync(engine, "5~third", 4);
        await CartHoldsAsync(next, 9);
    }

    private static Task<ApplicationProcess> StartAsync(RedisServer redis) =>
        ApplicationProcess.StartAsync("shop", LoneShop.Project, redis.ConnectionString);

    /// <summary>The first commit of signing in, as an instance makes it before it dies.</summary>
    private static async Task TakeAsync(StateEngine engine, string from, int mugs)
    {
        var payload = $$"""{"user":"ada","from":"{{from}}","items":[{"sku":"mug","quantity":{{mugs}}}]}""";
        var commit = new Commit { Affinity = from, Events = [new NewEvent("cart-taken", System.Text.Encoding.UTF8.GetBytes(payload))] };
        Assert.True((await engine.CommitAsync(commit)).IsCommitted);
    }

    private static async Task CartHoldsAsync(ApplicationProcess shop, long mugs)
    {
        using var http = new HttpClient { BaseAddress = shop.Url };
        (await http.PostAsJsonAsync("/api/login", new { user = "ada" })).EnsureSuccessStatusCode();
        using var patience = new CancellationTokenSource(Patience);
        long held;
        do
        {
            var cart = await http.GetFromJsonAsync<JsonElement>("/api/cart", patience.Token);
            held = cart.GetProperty("items").EnumerateArray().Sum(static item => item.GetProperty("quantity").GetInt64());
        }
        while (held < mugs);

        Assert.Equal(mugs, held);
    }
}
