using Shop.Requests;
using Shop.SignIn;

namespace Shop.Orders;

internal static class OrderEndpoints
{
    public static void MapOrders(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/orders", static async (HttpContext context) =>
        {
            var (visitor, _) = await Visitor.SignedInAsync(context);
            var order = await OrderBook.PlaceAsync(visitor, shownRevision: null, context.RequestAborted);
            context.Response.Headers.Location = $"/api/orders/{order.OrderId}";
            return Results.Json(new PlacedOrder(order.OrderId, order.Total), ShopJson.Default.PlacedOrder, statusCode: StatusCodes.Status201Created);
        });
        routes.MapRead("/api/orders", static async (HttpContext context) =>
        {
            var (visitor, _) = await Visitor.SignedInAsync(context);
            return Results.Json(await OrderBook.ListAsync(visitor, context.RequestAborted), ShopJson.Default.IReadOnlyListOrderSummary);
        });
        routes.MapRead("/api/orders/{id}", static async (HttpContext context, string id) =>
        {
            var (visitor, _) = await Visitor.SignedInAsync(context);
            return Results.Json(await RequiredAsync(visitor, id, context.RequestAborted), ShopJson.Default.Order);
        });
    }

    /// <summary>The visitor's order of that id; refused with 404 when there is none, be it another user's.</summary>
    public static async Task<Order> RequiredAsync(Visitor visitor, string id, CancellationToken cancellationToken) =>
        await OrderBook.FindAsync(visitor, id, cancellationToken)
        ?? throw new RefusedException(StatusCodes.Status404NotFound, "You have no such order.");
}
