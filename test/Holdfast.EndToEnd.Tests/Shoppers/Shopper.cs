using System.Net;

namespace Holdfast.EndToEnd.Tests.Shoppers;

/// <summary>
/// Somebody who visits the shop again and again, remembers what they were told, and checks everything they read against
/// it: fills a cart before and after signing in, by one request at a time and by several at once, takes things out,
/// orders, looks, signs out and comes back.
/// </summary>
internal sealed class Shopper : IDisposable
{
    private static readonly string[] Skus = ["lantern", "mug", "rope", "soap", "print", "cap", "boat", "compass", "tea"];

    private readonly string name;
    private readonly History history;
    private readonly ShopClient client;
    private readonly Random random;
    private readonly int maxPauseMilliseconds;
    private readonly IReadOnlyDictionary<string, long> prices;
    private readonly Dictionary<string, ExpectedOrder> orders = [];
    private Dictionary<string, long> cart = [];
    private bool isSignedIn;
    private volatile int orderCount;

    public Shopper(Uri url, string name, int seed, IReadOnlyDictionary<string, long> prices, Lenience lenience)
    {
        (this.name, this.prices, maxPauseMilliseconds) = (name, prices, lenience.MaxPauseMilliseconds);
        history = new History($"{name} (seed {seed})");
        client = new ShopClient(url, history, name, lenience);
        random = new Random(seed);
    }

    /// <summary>How often a POST had to be repeated.</summary>
    public int Repeats => client.Repeats;

    /// <summary>How many requests got no answer, because their gateway died.</summary>
    public int Breaks => client.Breaks;

    /// <summary>How many requests that change nothing were answered 503, because the store was away for too long.</summary>
    public int Closed => client.Closed;

    /// <summary>How many orders were placed.</summary>
    public int Orders => orderCount;

    /// <summary>Shops until told to stop, and then checks everything once more.</summary>
    public async Task ShopAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (!isSignedIn)
            {
                await SignInWithCartAsync();
            }

            for (var step = random.Next(4, 12); step > 0 && !stop.IsCancellationRequested; step--)
            {
                await StepAsync();
                await Task.Delay(random.Next(maxPauseMilliseconds), CancellationToken.None);
            }

            if (random.Next(3) == 0)
            {
                await SignOutAsync();
            }
        }

        if (isSignedIn)
        {
            await CheckAllAsync();
        }
    }

    /// <summary>Checks everything that the shopper was ever told.</summary>
    public async Task CheckAllAsync()
    {
        if (!isSignedIn)
        {
            await SignInAsync();
        }

        await CheckCartAsync();
        await CheckOrdersAsync();
        foreach (var order in orders.Values)
        {
            await CheckOrderAsync(order);
        }
    }

    public void Dispose() => client.Dispose();

    private Task StepAsync() => random.Next(10) switch
    {
        0 or 1 or 2 => AddAsync(),
        3 or 4 => AddAtOnceAsync(),
        5 => RemoveAsync(),
        6 or 7 => OrderAsync(),
        8 => CheckCartAsync(),
        _ => CheckOrdersAsync(),
    };

    /// <summary>Puts something into the cart of a visitor, signs in, and finds it in the user's cart, once.</summary>
    private async Task SignInWithCartAsync()
    {
        var before = cart;
        cart = [];
        for (var count = random.Next(3); count > 0; count--)
        {
            await AddAsync();
        }

        await CheckCartAsync();
        foreach (var (sku, quantity) in before)
        {
            Count(sku, quantity);
        }

        await SignInAsync();
    }

    private async Task SignInAsync()
    {
        await client.PostAsync("/api/login", $$"""{"user":"{{name}}"}""", client.NextKey(), HttpStatusCode.OK);
        isSignedIn = true;
        await CheckMeAsync();
        await CheckCartAsync();
    }

    private async Task SignOutAsync()
    {
        await client.PostAsync("/api/logout", null, client.NextKey(), HttpStatusCode.NoContent);
        isSignedIn = false;
        await client.GetAsync("/api/me", HttpStatusCode.Unauthorized);
        var left = await client.GetAsync("/api/cart");
        if (left.Items.Count > 0)
        {
            throw history.Failure("Somebody who has signed out sees a cart.");
        }
    }

    private async Task AddAsync()
    {
        var (sku, quantity) = Choose();
        var key = client.NextKey();
        await PostItemAsync(sku, quantity, key);
        Count(sku, quantity);
        if (random.Next(4) == 0)
        {
            // The same request once more, as a client does that has not heard the answer.
            await PostItemAsync(sku, quantity, key);
        }
    }

    /// <summary>Different and equal products at the same time: every one of them counts.</summary>
    private async Task AddAtOnceAsync()
    {
        var items = Enumerable.Range(0, random.Next(2, 5)).Select(_ => Choose()).ToList();
        await Task.WhenAll(items.Select(item => PostItemAsync(item.Sku, item.Quantity, client.NextKey())));
        foreach (var (sku, quantity) in items)
        {
            Count(sku, quantity);
        }

        await CheckCartAsync();
    }

    private async Task RemoveAsync()
    {
        var sku = Skus[random.Next(Skus.Length)];
        await client.DeleteAsync($"/api/cart/items/{sku}");
        cart.Remove(sku);
        await CheckCartAsync();
    }

    private async Task OrderAsync()
    {
        var key = client.NextKey();
        if (cart.Count == 0)
        {
            await client.PostAsync("/api/orders", null, key, HttpStatusCode.Conflict);
            return;
        }

        var expected = TotalOf(cart);
        var placed = await client.PostAsync("/api/orders", null, key, HttpStatusCode.Created);
        var order = new ExpectedOrder(placed.OrderId, expected, cart);
        Check(placed.Total == expected, $"The order's total is {placed.Total}, not {expected}.");
        Check(orders.TryAdd(order.Id, order), $"The order's id {order.Id} is that of an earlier order.");
        orderCount = orders.Count;
        cart = [];
        if (random.Next(3) == 0)
        {
            var again = await client.PostAsync("/api/orders", null, key, HttpStatusCode.Created);
            Check((again.OrderId, again.Total) == (order.Id, expected), "The repeated order is another one.");
        }

        await CheckCartAsync();
        await CheckOrderAsync(order);
    }

    private async Task CheckMeAsync()
    {
        var me = await client.GetAsync("/api/me");
        var told = me.Json.GetProperty("user").GetString();
        Check(told == name, $"The session is {told}'s.");
    }

    private async Task CheckCartAsync()
    {
        var told = await client.GetAsync("/api/cart");
        Check(Same(told.Items, cart), $"The cart holds {Text(told.Items)}, and should {Text(cart)}.");
        Check(told.Total == TotalOf(cart), $"The cart's total is {told.Total}, not {TotalOf(cart)}.");
    }

    private async Task CheckOrdersAsync()
    {
        await CheckMeAsync();
        var told = await client.GetAsync("/api/orders");
        var ids = told.Json.EnumerateArray().Select(static order => order.GetProperty("orderId").GetString()!).ToList();
        Check(ids.Count == ids.Distinct().Count(), "An order is listed twice.");
        var lost = orders.Keys.Except(ids).ToList();
        var extra = ids.Except(orders.Keys).ToList();
        Check(lost.Count == 0 && extra.Count == 0, $"Orders lost: {string.Join(' ', lost)}; never placed: {string.Join(' ', extra)}.");
    }

    private async Task CheckOrderAsync(ExpectedOrder expected)
    {
        var told = await client.GetAsync($"/api/orders/{expected.Id}");
        Check(told.Total == expected.Total && Same(told.Items, expected.Items), $"The order is not {Text(expected.Items)} for {expected.Total}.");
    }

    private Task<Reply> PostItemAsync(string sku, long quantity, string key) =>
        client.PostAsync("/api/cart/items", $$"""{"sku":"{{sku}}","quantity":{{quantity}}}""", key, HttpStatusCode.OK);

    private (string Sku, long Quantity) Choose() => (Skus[random.Next(Skus.Length)], random.Next(1, 4));

    private void Count(string sku, long quantity) => cart[sku] = cart.GetValueOrDefault(sku) + quantity;

    private long TotalOf(Dictionary<string, long> items) => items.Sum(item => prices[item.Key] * item.Value);

    private void Check(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw history.Failure(otherwise);
        }
    }

    private static bool Same(Dictionary<string, long> left, Dictionary<string, long> right) =>
        left.Count == right.Count && left.All(item => right.GetValueOrDefault(item.Key) == item.Value);

    private static string Text(Dictionary<string, long> items) =>
        items.Count == 0 ? "nothing" : string.Join(", ", items.OrderBy(static item => item.Key, StringComparer.Ordinal).Select(static item => $"{item.Value} {item.Key}"));

    private sealed record ExpectedOrder(string Id, long Total, Dictionary<string, long> Items);
}
