using System.Security.Cryptography;
using System.Text.Json;
using Holdfast;
using Shop.Carts;
using Shop.Requests;
using Shop.SignIn;

namespace Shop.Orders;

/// <summary>
/// A user's orders in the state plane: a record <c>order/user/id</c> for each, and the record <c>orders/user</c> that
/// lists the newest, a field for each. They share the cart's partition, so that ordering is one commit.
/// </summary>
internal static class OrderBook
{
    /// <summary>The event that tells of an order.</summary>
    public const string PlacedEvent = "order-placed";

    /// <summary>How many orders the list shows; older ones are still found by their id.</summary>
    public const int MaxListed = 1000;

    /// <summary>How far the list grows beyond that before its oldest lines are cut. A record takes 4,096 fields.</summary>
    private const int Slack = 200;

    private const int IdLength = 16;

    /// <summary>
    /// Turns the cart into an order: one commit, after which the cart is gone, and the order is there and listed. The
    /// order's id comes from the key, so that a repeated request finds what the first one placed.
    /// </summary>
    /// <param name="visitor">Who orders; signed in.</param>
    /// <param name="key">The client's name for this request, if it gave one.</param>
    /// <param name="shownRevision">Orders the cart only as it was shown; null for the cart as it is.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public static async Task<Order> PlaceAsync(
        Visitor visitor, IdempotencyKey? key, long? shownRevision, CancellationToken cancellationToken)
    {
        var id = key?.Scoped[..IdLength] ?? RandomNumberGenerator.GetHexString(IdLength, lowercase: true);
        while (true)
        {
            var records = await visitor.State.ReadManyAsync([visitor.Cart, AddressOf(visitor, id)], cancellationToken);
            if (records[1] is { } placed)
            {
                return OrderRecord.IsPlacedBy(placed, key) ? OrderRecord.Read(placed) : throw IdempotencyKey.UsedForAnother();
            }

            var order = OrderRecord.Draft(id, Cart.Of(records[0]), TimeProvider.System.GetUtcNow());
            if (order.Items.Count == 0)
            {
                throw new RefusedException(StatusCodes.Status409Conflict, "The cart is empty.");
            }

            if (shownRevision is not null && shownRevision != records[0]!.Revision)
            {
                throw new RefusedException(StatusCodes.Status409Conflict, "The cart has changed since you looked at it.");
            }

            var result = await visitor.State.CommitAsync(CommitOf(visitor, records[0]!, order, key), cancellationToken);
            if (result.Outcome == CommitOutcome.DifferentCommit)
            {
                throw IdempotencyKey.UsedForAnother();
            }

            // Refused: the cart has changed. A replay: the same request was made at the same time. Either way, look again.
            if (result is { IsCommitted: true, IsReplay: false })
            {
                await ShortenListAsync(visitor, result.Records[2]!, cancellationToken);
                return order;
            }
        }
    }

    public static async Task<Order?> FindAsync(Visitor visitor, string id, CancellationToken cancellationToken)
    {
        if (id.Length != IdLength || !id.All(char.IsAsciiHexDigitLower))
        {
            return null;
        }

        var records = await visitor.State.ReadManyAsync([AddressOf(visitor, id)], cancellationToken);
        return records[0] is { } placed ? OrderRecord.Read(placed) : null;
    }

    public static async Task<IReadOnlyList<OrderSummary>> ListAsync(Visitor visitor, CancellationToken cancellationToken)
    {
        var records = await visitor.State.ReadManyAsync([ListOf(visitor)], cancellationToken);
        return [.. OrderRecord.ReadList(records[0]).Take(MaxListed)];
    }

    private static Commit CommitOf(Visitor visitor, Record cart, Order order, IdempotencyKey? key)
    {
        var placed = JsonSerializer.SerializeToUtf8Bytes(new PlacedOrder(order.OrderId, order.Total), ShopJson.Default.PlacedOrder);
        return new Commit(
            RecordChange.Delete(visitor.Cart).When(Condition.RevisionIs(cart.Revision)),
            OrderRecord.Write(AddressOf(visitor, order.OrderId), order, key),
            OrderRecord.List(ListOf(visitor), order))
        {
            Events = [new NewEvent(PlacedEvent, placed)],
            Request = key?.RequestId,
        };
    }

    /// <summary>Keeps the list within its bound. If this instance dies before, the next order does it.</summary>
    private static async Task ShortenListAsync(Visitor visitor, Record list, CancellationToken cancellationToken)
    {
        if (list.Fields.Count <= MaxListed + Slack)
        {
            return;
        }

        var change = RecordChange.Update(list.Address).When(Condition.BornAt(list.Birth));
        foreach (var old in OrderRecord.ReadList(list).Skip(MaxListed))
        {
            change.Remove(old.OrderId);
        }

        await visitor.State.CommitAsync(new Commit(change), cancellationToken);
    }

    private static Address AddressOf(Visitor visitor, string id) => new("order", visitor.Affinity, id);

    private static Address ListOf(Visitor visitor) => new("orders", visitor.Affinity);
}
