using System.Text.Json.Serialization;
using Shop.Carts;
using Shop.Catalogue;
using Shop.Orders;
using Shop.Requests;
using Shop.SignIn;

namespace Shop;

/// <summary>What the shop reads and writes as JSON: its API's bodies, and the fields and events that it stores.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Refusal))]
[JsonSerializable(typeof(Health))]
[JsonSerializable(typeof(SignedIn))]
[JsonSerializable(typeof(IReadOnlyList<Product>))]
[JsonSerializable(typeof(CartItem))]
[JsonSerializable(typeof(Cart))]
[JsonSerializable(typeof(TakenCart))]
[JsonSerializable(typeof(PlacedOrder))]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(IReadOnlyList<OrderLine>))]
[JsonSerializable(typeof(IReadOnlyList<OrderSummary>))]
internal sealed partial class ShopJson : JsonSerializerContext;
