using System.Globalization;
using System.Text.Json;
using Holdfast;
using Shop.Carts;
using Shop.Catalogue;

namespace Shop.Orders;

/// <summary>How an order, and its line in the list of its user's orders, are written into records and read from them.</summary>
internal static class OrderRecord
{
    private const string Total = "total";
    private const string PlacedAt = "placed";
    private const string Items = "items";

    /// <summary>An order of what is in the cart, at today's prices.</summary>
    public static Order Draft(string id, Cart cart, DateTimeOffset placedAt)
    {
        // To the millisecond, as it is stored: whoever asks, whenever, reads the same.
        var time = DateTimeOffset.FromUnixTimeMilliseconds(placedAt.ToUnixTimeMilliseconds());
        var lines = cart.Items.Select(static item => (item, product: Products.Find(item.Sku)!))
            .Select(static line => new OrderLine(line.product.Sku, line.product.Name, line.product.Price, line.item.Quantity));
        return new Order(id, cart.Total, time, [.. lines]);
    }

    public static RecordChange Write(Address address, Order order) => RecordChange.Update(address).When(Condition.Absent)
        .Set(Total, Text(order.Total))
        .Set(PlacedAt, Text(order.PlacedAt.ToUnixTimeMilliseconds()))
        .Set(Items, JsonSerializer.SerializeToUtf8Bytes(order.Items, ShopJson.Default.IReadOnlyListOrderLine));

    public static Order Read(Record record) => new(
        record.Address.Id!,
        record.Counter(Total),
        DateTimeOffset.FromUnixTimeMilliseconds(record.Counter(PlacedAt)),
        JsonSerializer.Deserialize(record[Items]!.Value.Span, ShopJson.Default.IReadOnlyListOrderLine)!);

    /// <summary>Lists the order, in the stead of the oldest where the list is full.</summary>
    public static RecordChange List(Address address, Record? list, Order order) => ReadList(list).Skip(OrderBook.MaxListed - 1).Aggregate(
        RecordChange.Update(address).Set(order.OrderId, $"{Text(order.PlacedAt.ToUnixTimeMilliseconds())} {Text(order.Total)}"),
        static (change, old) => change.Remove(old.OrderId));

    /// <summary>The listed orders, newest first.</summary>
    public static IReadOnlyList<OrderSummary> ReadList(Record? list) => list is null
        ? []
        : [.. list.Fields.Keys.Select(id => Summary(id, list.Text(id)!))
            .OrderByDescending(static order => order.PlacedAt).ThenBy(static order => order.OrderId, StringComparer.Ordinal)];

    private static OrderSummary Summary(string id, string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        return new OrderSummary(id, Number(line.AsSpan(space + 1)), DateTimeOffset.FromUnixTimeMilliseconds(Number(line.AsSpan(0, space))));
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static long Number(ReadOnlySpan<char> text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
