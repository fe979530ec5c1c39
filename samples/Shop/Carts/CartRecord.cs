using Holdfast;
using Shop.Requests;
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

    /// <summary>How long a session's cart is kept after something was put in: longer than any session.</summary>
    private static readonly TimeSpan AnonymousLifetime = TimeSpan.FromDays(1);

    /// <summary>
    /// Asks the store: of requests that run at the same time, the browser keeps only one's stamps, and their cart
    /// shall still hold what each of them added.
    /// </summary>
    public static async ValueTask<Record?> ReadAsync(Visitor visitor, CancellationToken cancellationToken) =>
        visitor.IsKnown ? (await visitor.State.ReadManyAsync([visitor.Cart], cancellationToken))[0] : null;

    public static async Task<Cart> AddAsync(Visitor visitor, CartItem item, IdempotencyKey? key, CancellationToken cancellationToken)
    {
        var cart = await visitor.State.ReadAsync(visitor.Cart, cancellationToken);
        while (true)
        {
            // The same cart or a new one, so that a late commit can't bring back a cart that was ordered meanwhile.
            var change = RecordChange.Update(visitor.Cart)
                .When(cart is null ? Condition.Absent : Condition.BornAt(cart.Birth))
                .Add(item.Sku, item.Quantity);
            if (visitor.User is null)
            {
                change.ExpireAfter(AnonymousLifetime);
            }

            var result = await visitor.State.CommitAsync(new Commit(change) { Request = key?.RequestId }, cancellationToken);
            switch (result.Outcome)
            {
                case CommitOutcome.Committed:
                    return Cart.Of(result.Records[0]);
                case CommitOutcome.DifferentCommit:
                    throw IdempotencyKey.UsedForAnother();
                default:
                    cart = result.Refusal!.Current;
                    break;
            }
        }
    }

    public static async Task RemoveAsync(Visitor visitor, string sku, CancellationToken cancellationToken)
    {
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
}
