using Shop.Carts;
using Shop.Requests;

namespace Shop.SignIn;

/// <summary>A user's name, as the client sends and receives it.</summary>
public sealed record SignedIn(string User);

internal static class SignInEndpoints
{
    public static void MapSignIn(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/login", static async (HttpContext context) =>
        {
            var body = await PostedBody.ReadAsync(context);
            var user = UserName.Checked(body.Json(ShopJson.Default.SignedIn, "a user").User);
            var visitor = await Visitor.OfAsync(context);
            await SignInAsync(visitor, context, user, visitor.IsKnown ? IdempotencyKey.Of(context, visitor.Principal, body) : null);
            return Results.Json(new SignedIn(user), ShopJson.Default.SignedIn);
        });
        routes.MapPost("/api/logout", static async (HttpContext context) =>
        {
            await SignOutAsync(context);
            return Results.NoContent();
        });
        routes.MapRead("/api/me", static async (HttpContext context) =>
        {
            var (_, user) = await Visitor.SignedInAsync(context);
            return Results.Json(new SignedIn(user), ShopJson.Default.SignedIn);
        });
    }

    /// <summary>Signs the visitor in, and brings the cart along that was filled before.</summary>
    public static async Task SignInAsync(Visitor visitor, HttpContext context, string user, IdempotencyKey? key)
    {
        if (visitor is { User: null, IsKnown: true })
        {
            await CartMove.MoveAsync(visitor, user, key, context.RequestAborted);
        }

        visitor.SignIn(context, user);
    }

    public static async Task SignOutAsync(HttpContext context)
    {
        var visitor = await Visitor.OfAsync(context);
        visitor.State.EndSession();
    }
}
