using System.Text.Json;
using Holdfast;
using Holdfast.AspNetCore;
using Shop.Requests;
using Shop.SignIn;

namespace Shop.Carts;

/// <summary>
/// Moves a visitor's cart to the user that they sign in as. The two are in different partitions, so it takes two
/// commits: the first empties the session's cart, marks it as taken, so that requests still under way add to the user's
/// instead, and tells so in the journal; the second puts what it held into the user's cart under a request id made of the
/// event's position. Whoever finds the event may make the second, any number of times: the request that made the first,
/// its repetition, or, when nobody repeats it, <see cref="CartMover"/>.
/// </summary>
internal static class CartMove
{
    public static async Task MoveAsync(Visitor visitor, string user, IdempotencyKey? key, CancellationToken cancellationToken)
    {
        var cart = await CartRecord.ReadAsync(visitor, cancellationToken);
        while (true)
        {
            // An empty cart is marked, too: something may be on its way into it.
            var result = await visitor.State.CommitAsync(FirstHalf(visitor, cart, user, key), cancellationToken);
            switch (result.Outcome)
            {
                case CommitOutcome.DifferentCommit:
                    throw IdempotencyKey.UsedForAnother();
                case CommitOutcome.Refused:
                    cart = result.Refusal!.Current;
                    continue;
            }

            await FinishAsync(visitor.State, result.At, cancellationToken);
            if (!result.IsReplay)
            {
                return;
            }

            // An earlier try of this request took the cart. What was put in since its mark expired comes along, too.
            key = null;
            cart = await CartRecord.ReadAsync(visitor, cancellationToken);
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

    private static Commit FirstHalf(Visitor visitor, Record? cart, string user, IdempotencyKey? key)
    {
        var taken = new TakenCart(user, visitor.Affinity, Cart.Of(cart).Items);
        return new Commit(CartRecord.Take(visitor.Cart, cart, user))
        {
            Events = taken.Items.Count == 0
                ? []
                : [new NewEvent(TakenCart.EventType, JsonSerializer.SerializeToUtf8Bytes(taken, ShopJson.Default.TakenCart))],
            Request = key?.RequestId,
        };
    }

    private static async Task FinishAsync(RequestState state, Stamp at, CancellationToken cancellationToken)
    {
        var before = new JournalPosition(at.Revision - 1, int.MaxValue);
        var page = await state.Engine.ReadJournalAsync(at.Partition, before, maxEvents: 1, cancellationToken);
        if (page.Events is [var item] && item.Position.Revision == at.Revision && SecondHalf(at.Partition, item) is { } commit)
        {
            await state.CommitAsync(commit, cancellationToken);
        }
    }
}
