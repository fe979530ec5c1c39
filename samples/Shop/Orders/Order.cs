namespace Shop.Orders;

/// <summary>What was ordered of a product, at the price of that day. In cents.</summary>
public sealed record OrderLine(string Sku, string Name, long Price, long Quantity);

/// <summary>An order, whole. The total is in cents.</summary>
public sealed record Order(string OrderId, long Total, DateTimeOffset PlacedAt, IReadOnlyList<OrderLine> Items);

/// <summary>An order as a list shows it.</summary>
public sealed record OrderSummary(string OrderId, long Total, DateTimeOffset PlacedAt);

/// <summary>What the client that ordered is told; also the event <c>order-placed</c>.</summary>
public sealed record PlacedOrder(string OrderId, long Total);
