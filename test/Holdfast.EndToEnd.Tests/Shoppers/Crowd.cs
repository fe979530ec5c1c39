using Holdfast.EndToEnd.Tests.Processes;

namespace Holdfast.EndToEnd.Tests.Shoppers;

/// <summary>Many shoppers at once, and what becomes of them.</summary>
internal sealed class Crowd : IAsyncDisposable
{
    private const int Size = 24;
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);

    private readonly Topology topology;
    private readonly CancellationTokenSource stop = new();
    private readonly IReadOnlyList<Shopper> shoppers;
    private readonly Task shopping;

    private Crowd(Topology topology, IReadOnlyDictionary<string, long> prices, string name, int seed, Lenience lenience)
    {
        this.topology = topology;
        shoppers = [.. Enumerable.Range(1, Size).Select(
            number => new Shopper(topology.Url, $"{name}-{number}", seed + number, prices, lenience))];
        shopping = Task.WhenAll(shoppers.Select(shopper => Task.Run(() => ShopAsync(shopper))));
    }

    /// <summary>Sends them in.</summary>
    /// <param name="topology">The shop.</param>
    /// <param name="seed">Decides what they do.</param>
    /// <param name="mayPostFail">Whether a POST may be answered 502 or 503 by now.</param>
    public static Task<Crowd> EnterAsync(Topology topology, int seed, Func<bool> mayPostFail) =>
        EnterAsync(topology, "shopper", seed, new Lenience { MayPostFail = _ => mayPostFail() });

    /// <summary>Sends them in.</summary>
    /// <param name="topology">The shop.</param>
    /// <param name="name">Begins each one's name: who comes again under the same finds what they had.</param>
    /// <param name="seed">Decides what they do.</param>
    /// <param name="lenience">What they put up with.</param>
    public static async Task<Crowd> EnterAsync(Topology topology, string name, int seed, Lenience lenience)
    {
        using var client = new ShopClient(topology.Url, new History("the crowd"), "crowd", lenience);
        var products = await client.GetAsync("/api/products");
        var prices = products.Json.EnumerateArray().ToDictionary(
            static product => product.GetProperty("sku").GetString()!, static product => product.GetProperty("price").GetInt64());
        return new Crowd(topology, prices, name, seed, lenience);
    }

    /// <summary>How many orders there were.</summary>
    public int Orders => shoppers.Sum(static shopper => shopper.Orders);

    /// <summary>How many POSTs had to be repeated.</summary>
    public int Repeats => shoppers.Sum(static shopper => shopper.Repeats);

    /// <summary>How many requests got no answer, because their gateway died.</summary>
    public int Breaks => shoppers.Sum(static shopper => shopper.Breaks);

    /// <summary>How many requests that change nothing were answered 503, because the store was away for too long.</summary>
    public int Closed => shoppers.Sum(static shopper => shopper.Closed);

    /// <summary>Ends when there are this many orders.</summary>
    public async Task OrdersAsync(int count)
    {
        while (Orders < count && !stop.IsCancellationRequested)
        {
            await Task.Delay(LookAgain);
        }
    }

    /// <summary>Ends when a shopper has failed, or the work is done.</summary>
    public async Task WhileAsync(Task work)
    {
        if (await Task.WhenAny(work, shopping) == shopping)
        {
            await LeaveAsync();
        }

        await work;
    }

    /// <summary>Has everybody finish and check all that they were ever told. Fails with each one's history.</summary>
    public async Task LeaveAsync()
    {
        await stop.CancelAsync();
        try
        {
            await shopping;
            await Task.WhenAll(shoppers.Select(static shopper => shopper.CheckAllAsync()));
        }
        catch (ShopperFailedException first)
        {
            var others = shopping.Exception?.InnerExceptions.Count - 1 ?? 0;
            throw new ShopperFailedException($"{first.Message}\n\n{others} other shoppers failed, too. The topology printed:\n{topology.Output}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await ((Task)shopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var shopper in shoppers)
        {
            shopper.Dispose();
        }

        stop.Dispose();
    }

    private async Task ShopAsync(Shopper shopper)
    {
        try
        {
            await shopper.ShopAsync(stop.Token);
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }
}
