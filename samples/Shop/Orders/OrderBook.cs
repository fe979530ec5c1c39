using System.Globalization;
using System.Security.Cryptography;
using System.Text;
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

    /// <summary>How many orders are listed; older ones are still found by their id.</summary>
    public const int MaxListed = 1000;

    private const int IdLength = 16;

    /// <summary>
    /// Turns the cart into an order with the request's commit, after which the cart is gone, and the order is there and listed. Where the
    /// request has a key, the response that tells of it is stored in the same commit: a repetition finds either all of it or nothing.
    /// </summary>
    /// <param name="visitor">Who orders; signed in.</param>
    /// <param name="shownRevision">Orders the cart only as it was shown; null for the cart as it is.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public static async Task<Order> PlaceAsync(Visitor visitor, long? shownRevision, CancellationToken cancellationToken)
    {
        var records = await visitor.State.ReadManyAsync([visitor.Cart, ListOf(visitor)], cancellationToken);
        if (shownRevision is { } shown && shown != records[0]?.Revision)
        {
            return await FindAsync(visitor, IdOf(visitor, shown), cancellationToken)
                ?? throw new RefusedException(StatusCodes.Status409Conflict, "The cart has changed since you looked at it.");
        }

        var cart = Cart.Of(records[0]);
        if (cart.Items.Count == 0)
        {
            throw new RefusedException(StatusCodes.Status409Conflict, "The cart is empty.");
        }

        var order = OrderRecord.Draft(IdOf(visitor, records[0]!.Revision), cart, TimeProvider.System.GetUtcNow());
        visitor.State.Enlist(RecordChange.Delete(visitor.Cart).When(Condition.RevisionIs(records[0]!.Revision)));
        visitor.State.Enlist(OrderRecord.Write(AddressOf(visitor, order.OrderId), order));
        visitor.State.Enlist(OrderRecord.List(ListOf(visitor), records[1], order));
        visitor.State.Enlist(visitor.Affinity, new NewEvent(
            PlacedEvent, JsonSerializer.SerializeToUtf8Bytes(new PlacedOrder(order.OrderId, order.Total), ShopJson.Default.PlacedOrder)));
        return order;
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

    /// <summary>A cart, as it was at that revision, is ordered once: it names its order.</summary>
    private static string IdOf(Visitor visitor, long cartRevision)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{visitor.Affinity} {cartRevision}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..IdLength];
    }

    private static Address AddressOf(Visitor visitor, string id) => new("order", visitor.Affinity, id);

    private static Address ListOf(Visitor visitor) => new("orders", visitor.Affinity);
}
