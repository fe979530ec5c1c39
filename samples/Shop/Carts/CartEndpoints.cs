using Shop.Catalogue;
using Shop.Requests;
using Shop.SignIn;

namespace Shop.Carts;

internal static class CartEndpoints
{
    public static void MapCart(this IEndpointRouteBuilder routes)
    {
        routes.MapRead("/api/cart", static async (HttpContext context) =>
        {
            var visitor = await Visitor.OfAsync(context);
            return Results.Json(Cart.Of(await CartRecord.ReadAsync(visitor, context.RequestAborted)), ShopJson.Default.Cart);
        });
        routes.MapPost("/api/cart/items", static async (HttpContext context) =>
        {
            var item = Checked(await PostedBody.ReadAsync(context, ShopJson.Default.CartItem, "a sku and a quantity, a whole number"));
            return Results.Json(await CartRecord.AddAsync(await Visitor.OfAsync(context), item, context.GetIdempotentRequest()), ShopJson.Default.Cart);
        });
        routes.MapDelete("/api/cart/items/{sku}", static async (HttpContext context, string sku) =>
        {
            await CartRecord.RemoveAsync(await Visitor.OfAsync(context), sku, context.RequestAborted);
            return Results.NoContent();
        });
    }

    /// <summary>The item, if the shop has it and may sell that many.</summary>
    public static CartItem Checked(CartItem item)
    {
        if (item.Quantity is < 1 or > CartRecord.MaxAtOnce)
        {
            throw new RefusedException(StatusCodes.Status400BadRequest, $"A quantity is a whole number from 1 to {CartRecord.MaxAtOnce}.");
        }

        return Products.Find(item.Sku) is not null
            ? item
            : throw new RefusedException(StatusCodes.Status404NotFound, "There is no such product.");
    }
}
