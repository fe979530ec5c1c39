using Holdfast;
using Holdfast.AspNetCore;
using Shop.Catalogue;
using Shop.SignIn;

namespace Shop.Carts;

/// <summary>
/// A cart in the state plane: the record <c>cart/…</c> with a counter for each product, so that requests that add at
/// the same time all count, on whichever instance.
/// </summary>
internal static class CartRecord
{
    /// <summary>Most of a product that one request may add.</summary>
    public const int MaxAtOnce = 1000;

    /// <summary>Of a session's cart that was taken: the name of the user who signed in. No product is called so.</summary>
    private const string TakenBy = "taken-by";

    /// <summary>How long a session's cart is kept after something was put in: longer than any session.</summary>
    private static readonly TimeSpan AnonymousLifetime = TimeSpan.FromDays(1);

    /// <summary>
    /// How long it is known who took a session's cart: longer than any request lasts that began before the sign-in. A
    /// session whose sign-in failed half-way, and is not tried again, has a cart of its own after that.
    /// </summary>
    private static readonly TimeSpan TakenLifetime = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Asks the store: of requests that run at the same time, the browser keeps only one's stamps, and their cart
    /// shall still hold what each of them added.
    /// </summary>
    public static async ValueTask<Record?> ReadAsync(Visitor visitor, CancellationToken cancellationToken) =>
        visitor.IsKnown ? (await visitor.State.ReadManyAsync([visitor.Cart], cancellationToken))[0] : null;

    /// <summary>
    /// Adds to the visitor's cart. If a sign-in took it while this request was under way, adds to the user's, so that
    /// nothing is put where nobody looks again. Each is a step of the request, which takes effect once however often that is run.
    /// </summary>
    public static async Task<Cart> AddAsync(Visitor visitor, CartItem item, IdempotentRequest request)
    {
        var result = await AddToAsync(visitor, item, request);
        if ((result.IsCommitted ? result.Records[0] : result.Refusal!.Current)?.Text(TakenBy) is not { } user)
        {
            return Cart.Of(result.Records[0]);
        }

        var successor = visitor with { User = user };
        if (result.IsCommitted)
        {
            // Made in an earlier run: what that added has moved along with the cart.
            return Cart.Of(await ReadAsync(successor, CancellationToken.None));
        }

        return Cart.Of((await AddToAsync(successor, item, request)).Records[0]);
    }

    /// <summary>Whether a sign-in took the session's cart.</summary>
    public static bool IsTaken(Record cart) => cart.Fields.ContainsKey(TakenBy);

    /// <summary>Takes everything out of a session's cart, if it is still as it was read, and leaves word of who has it.</summary>
    public static RecordChange Take(Address address, Record? cart, string user)
    {
        var change = RecordChange.Update(address)
            .When(cart is null ? Condition.Absent : Condition.RevisionIs(cart.Revision))
            .Set(TakenBy, user)
            .ExpireAfter(TakenLifetime);
        foreach (var item in Cart.Of(cart).Items)
        {
            change.Remove(item.Sku);
        }

        return change;
    }

    public static async Task RemoveAsync(Visitor visitor, string sku, CancellationToken cancellationToken)
    {
        if (Products.Find(sku) is null)
        {
            return;
        }

        var cart = await ReadAsync(visitor, cancellationToken);
        while (cart?.Fields.ContainsKey(sku) == true)
        {
            // A gateway may repeat a DELETE whose instance died. Of the cart as it was read, so that the first one,
            // if it comes late, can't take out what was put in since.
            var change = RecordChange.Update(visitor.Cart).When(Condition.RevisionIs(cart.Revision)).Remove(sku);
            var result = await visitor.State.CommitAsync(new Commit(change), cancellationToken);
            cart = result.IsCommitted ? null : result.Refusal!.Current;
        }
    }

    /// <summary>Adds to this cart and no other; refused only if it is a session's that was taken.</summary>
    private static async Task<CommitResult> AddToAsync(Visitor visitor, CartItem item, IdempotentRequest request)
    {
        var cart = await visitor.State.ReadAsync(visitor.Cart);
        while (true)
        {
            // The same cart or a new one, so that a late commit can't bring back a cart that was ordered meanwhile.
            var change = RecordChange.Update(visitor.Cart)
                .When(cart is null ? Condition.Absent : Condition.BornAt(cart.Birth))
                .Add(item.Sku, item.Quantity);
            if (visitor.User is null)
            {
                change.When(Condition.FieldAbsent(TakenBy)).ExpireAfter(AnonymousLifetime);
            }

            // Also into a cart that is known to be taken: only this step tells whether an earlier run made it.
            var result = await request.StepAsync("add", new Commit(change));
            if (result.IsCommitted || result.Refusal!.Current?.Text(TakenBy) is not null)
            {
                return result;
            }

            cart = result.Refusal.Current;
        }
    }
}
