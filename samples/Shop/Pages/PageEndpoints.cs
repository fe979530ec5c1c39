using System.Globalization;
using Holdfast;
using Holdfast.AspNetCore;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;
using Shop.Carts;
using Shop.Orders;
using Shop.Requests;
using Shop.SignIn;

namespace Shop.Pages;

/// <summary>
/// The shop for people: pages without a script, and forms that answer with a redirect (303), so that reloading a page
/// repeats nothing.
/// </summary>
internal static class PageEndpoints
{
    public static void MapPages(this IEndpointRouteBuilder routes)
    {
        routes.MapStyleSheet();
        routes.MapRead("/", ProductsAsync);
        routes.MapRead("/cart", CartAsync);
        routes.MapForm("/cart/add", AddAsync);
        routes.MapForm("/cart/remove", RemoveAsync);
        routes.MapRead("/sign-in", SignInFormAsync);
        routes.MapForm("/sign-in", SignInAsync);
        routes.MapForm("/sign-out", SignOut);
        routes.MapRead("/checkout", CheckoutFormAsync);

        // One at a time, so that of two clicks the second finds the order of the first.
        routes.MapForm("/checkout", CheckoutAsync).WithSessionConcurrency(SessionConcurrency.Serialize);
        routes.MapRead("/orders", OrdersAsync);
        routes.MapRead("/orders/{id}", OrderAsync);
        routes.MapRead("/sessions", SessionsAsync);
        routes.MapForm("/sessions/end", EndSessionsAsync);
    }

    private static async Task<IResult> ProductsAsync(HttpContext context)
    {
        var (_, frame, _) = await LookAsync(context);
        return Page<ProductsPage>(new { Frame = frame });
    }

    private static async Task<IResult> CartAsync(HttpContext context)
    {
        var (_, frame, cart) = await LookAsync(context);
        return Page<CartPage>(new { Frame = frame, Draft = DraftOf(cart) });
    }

    private static async Task<IResult> AddAsync(HttpContext context)
    {
        var form = await PostedForm.ReadAsync(context);
        var item = CartEndpoints.Checked(new CartItem(form["sku"].ToString(), 1));
        await CartRecord.AddAsync(await Visitor.OfAsync(context), item, context.GetIdempotentRequest());
        return See(form["from"] == "cart" ? "/cart" : "/");
    }

    private static async Task<IResult> RemoveAsync(HttpContext context)
    {
        var form = await PostedForm.ReadAsync(context);
        await CartRecord.RemoveAsync(await Visitor.OfAsync(context), form["sku"].ToString(), context.RequestAborted);
        return See("/cart");
    }

    private static async Task<IResult> SignInFormAsync(HttpContext context)
    {
        var (_, frame, _) = await LookAsync(context);
        return Page<SignInPage>(new { Frame = frame, ToCheckout = context.Request.Query["next"] == "checkout" });
    }

    private static async Task<IResult> SignInAsync(HttpContext context)
    {
        var form = await PostedForm.ReadAsync(context);
        var toCheckout = form["next"] == "checkout";
        if (UserName.ProblemOf(form["user"]) is { } problem)
        {
            var (_, frame, _) = await LookAsync(context);
            return Page<SignInPage>(
                new { Frame = frame, Name = form["user"].ToString(), Problem = problem, ToCheckout = toCheckout }, StatusCodes.Status400BadRequest);
        }

        await SignInEndpoints.SignInAsync(context, UserName.Checked(form["user"]));
        return See(toCheckout ? "/checkout" : "/");
    }

    private static SeeOther SignOut(HttpContext context)
    {
        context.GetState().EndSession();
        return See("/");
    }

    private static async Task<IResult> CheckoutFormAsync(HttpContext context)
    {
        var (visitor, frame, cart) = await LookAsync(context);
        return visitor.User is null ? See("/sign-in?next=checkout")
            : frame.CartCount == 0 ? See("/cart")
            : Page<CheckoutPage>(new { Frame = frame, Draft = DraftOf(cart), cart!.Revision });
    }

    private static async Task<IResult> CheckoutAsync(HttpContext context)
    {
        var form = await PostedForm.ReadAsync(context);
        if (!long.TryParse(form["revision"], NumberStyles.None, CultureInfo.InvariantCulture, out var revision))
        {
            throw new RefusedException(StatusCodes.Status400BadRequest, "The form is incomplete: go back to the cart.");
        }

        var (visitor, _) = await Visitor.SignedInAsync(context);
        var order = await OrderBook.PlaceAsync(visitor, revision, context.RequestAborted);
        return See($"/orders/{order.OrderId}");
    }

    private static async Task<IResult> OrdersAsync(HttpContext context)
    {
        var (visitor, frame, _) = await LookAsync(context);
        return visitor.User is null
            ? See("/sign-in")
            : Page<OrdersPage>(new { Frame = frame, Orders = await OrderBook.ListAsync(visitor, context.RequestAborted) });
    }

    private static async Task<IResult> OrderAsync(HttpContext context, string id)
    {
        var (visitor, frame, _) = await LookAsync(context);
        return visitor.User is null
            ? See("/sign-in")
            : Page<OrderPage>(new { Frame = frame, Order = await OrderEndpoints.RequiredAsync(visitor, id, context.RequestAborted) });
    }

    private static async Task<IResult> SessionsAsync(HttpContext context, SessionDirectory directory)
    {
        var (visitor, frame, _) = await LookAsync(context);
        return visitor.User is not { } user
            ? See("/sign-in")
            : Page<SessionsPage>(new { Frame = frame, Sessions = await directory.ListAsync(user, context.RequestAborted), Own = visitor.State.SignInId });
    }

    /// <summary>Ends one of the user's sessions, all others or all.</summary>
    private static async Task<IResult> EndSessionsAsync(HttpContext context, SessionDirectory directory)
    {
        var form = await PostedForm.ReadAsync(context);
        var (visitor, user) = await Visitor.SignedInAsync(context);
        var (which, own) = (form["which"].ToString(), visitor.State.SignInId!);
        switch (which)
        {
            case SessionsPage.All:
                await directory.EndAllAsync(user, context.RequestAborted);
                return See("/");
            case SessionsPage.Others:
                await directory.EndOthersAsync(user, own, context.RequestAborted);
                return See("/sessions");
            case var one when one == own:
                return SignOut(context);
            default:
                await directory.EndAsync(user, which, context.RequestAborted);
                return See("/sessions");
        }
    }

    /// <summary>Who is looking, and at which cart: what every page shows.</summary>
    private static async Task<(Visitor Visitor, Frame Frame, Record? Cart)> LookAsync(HttpContext context)
    {
        var visitor = await Visitor.OfAsync(context);
        var cart = await CartRecord.ReadAsync(visitor, context.RequestAborted);
        return (visitor, new Frame(visitor.User, Cart.Of(cart).Count), cart);
    }

    private static Order DraftOf(Record? cart) => OrderRecord.Draft("", Cart.Of(cart), default);

    private static RazorComponentResult<T> Page<T>(object parameters, int status = StatusCodes.Status200OK)
        where T : IComponent => new(parameters) { StatusCode = status };

    private static SeeOther See(string path) => new(path);
}
