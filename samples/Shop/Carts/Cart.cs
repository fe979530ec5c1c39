using System.Text.Json.Serialization;
using Holdfast;
using Shop.Catalogue;

namespace Shop.Carts;

/// <summary>Some of a product.</summary>
public sealed record CartItem(string Sku, long Quantity);

/// <summary>What a visitor means to buy, in the catalogue's order. The total is in cents.</summary>
public sealed record Cart(IReadOnlyList<CartItem> Items, long Total)
{
    /// <summary>How many things are in it.</summary>
    [JsonIgnore]
    public long Count => Items.Sum(static item => item.Quantity);

    /// <summary>Reads a cart's record: a counter for each product.</summary>
    public static Cart Of(Record? record)
    {
        if (record is null)
        {
            return new Cart([], 0);
        }

        var lines = Products.All.Select(product => (product, quantity: record.Counter(product.Sku))).Where(static line => line.quantity > 0).ToList();
        return new Cart(
            [.. lines.Select(static line => new CartItem(line.product.Sku, line.quantity))],
            lines.Sum(static line => line.product.Price * line.quantity));
    }
}
