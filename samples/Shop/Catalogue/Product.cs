using System.Text.Json.Serialization;

namespace Shop.Catalogue;

/// <summary>Something to buy.</summary>
/// <param name="Sku">What the shop calls it.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Price">In cents.</param>
/// <param name="Description">A line for its page.</param>
public sealed record Product(string Sku, string Name, long Price, [property: JsonIgnore] string Description);
