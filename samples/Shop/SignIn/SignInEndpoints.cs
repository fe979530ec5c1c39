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
            var user = UserName.Checked((await PostedBody.ReadAsync(context, ShopJson.Default.SignedIn, "a user")).User);
            await SignInAsync(context, user);
            return Results.Json(new SignedIn(user), ShopJson.Default.SignedIn);
        });
        routes.MapPost("/api/logout", static (HttpContext context) =>
        {
            context.GetState().EndSession();
            return Results.NoContent();
        });
        routes.MapRead("/api/me", static async (HttpContext context) =>
        {
            var (_, user) = await Visitor.SignedInAsync(context);
            return Results.Json(new SignedIn(user), ShopJson.Default.SignedIn);
        });
    }

    /// <summary>Signs the visitor in, and brings the cart along that was filled before.</summary>
    public static async Task SignInAsync(HttpContext context, string user)
    {
        var visitor = await Visitor.OfAsync(context);
        if (visitor is { User: null, IsKnown: true })
        {
            await CartMove.MoveAsync(visitor, user, context.RequestAborted);
        }

        await visitor.State.SignInAsync(user, context.RequestAborted);
    }
}
