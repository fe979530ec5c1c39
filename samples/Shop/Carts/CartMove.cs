using System.Text.Json;
using Holdfast;
using Shop.SignIn;

namespace Shop.Carts;

/// <summary>
/// Moves a visitor's cart to the user that they sign in as. The two are in different partitions, so it takes two
/// commits: the first empties the session's cart, marks it as taken, so that requests still under way add to the user's
/// instead, and tells so in the journal; the second puts what it held into the user's cart under a request id made of the
/// event's position. Whoever finds the event may make the second, any number of times: the request that made the first,
/// the next sign-in of the session, or, when nobody tries again, <see cref="CartMover"/>.
/// </summary>
internal static class CartMove
{
    public static async Task MoveAsync(Visitor visitor, string user, CancellationToken cancellationToken)
    {
        var cart = await CartRecord.ReadAsync(visitor, cancellationToken);
        while (true)
        {
            if (cart is not null && CartRecord.IsTaken(cart))
            {
                // An earlier sign-in was cut short, perhaps between its commits. The mark is the last that changed the cart.
                await FinishAsync(visitor, cart.Revision, cancellationToken);
            }

            // An empty cart is marked, too: something may be on its way into it.
            var result = await visitor.State.CommitAsync(FirstHalf(visitor, cart, user), cancellationToken);
            if (result.IsCommitted)
            {
                await FinishAsync(visitor, result.At.Revision, cancellationToken);
                return;
            }

            cart = result.Refusal!.Current;
        }
    }

    /// <summary>The commit that puts what was taken into the user's cart, or null if the event tells of no such thing.</summary>
    public static Commit? SecondHalf(int partition, JournalEvent item)
    {
        if (item.Type != TakenCart.EventType)
        {
            return null;
        }

        var taken = JsonSerializer.Deserialize(item.Payload.Span, ShopJson.Default.TakenCart)!;
        if (taken.Items.Count == 0)
        {
            return null;
        }

        var change = RecordChange.Update(new Address("cart", Address.Escape(taken.User)));
        foreach (var line in taken.Items)
        {
            change.Add(line.Sku, line.Quantity);
        }

        return new Commit(change) { Request = new RequestId($"{TakenCart.EventType}/{partition}/{item.Position}/{taken.From}") };
    }

    private static Commit FirstHalf(Visitor visitor, Record? cart, string user)
    {
        var taken = new TakenCart(user, visitor.Affinity, Cart.Of(cart).Items);
        return new Commit(CartRecord.Take(visitor.Cart, cart, user))
        {
            Events = taken.Items.Count == 0
                ? []
                : [new NewEvent(TakenCart.EventType, JsonSerializer.SerializeToUtf8Bytes(taken, ShopJson.Default.TakenCart))],
        };
    }

    /// <summary>Makes the second commit, if the first one was made at this revision and took anything.</summary>
    private static async Task FinishAsync(Visitor visitor, long revision, CancellationToken cancellationToken)
    {
        var engine = visitor.State.Engine;
        var partition = engine.Partitions.PartitionOf(visitor.Cart);
        var page = await engine.ReadJournalAsync(partition, new JournalPosition(revision - 1, int.MaxValue), maxEvents: 1, cancellationToken);
        if (page.Events is [var item] && item.Position.Revision == revision && SecondHalf(partition, item) is { } commit)
        {
            await visitor.State.CommitAsync(commit, cancellationToken);
        }
    }
}
