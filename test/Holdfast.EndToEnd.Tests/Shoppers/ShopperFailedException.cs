namespace Holdfast.EndToEnd.Tests.Shoppers;

/// <summary>A shopper was told something else than what must be so.</summary>
public sealed class ShopperFailedException(string message) : Exception(message);
