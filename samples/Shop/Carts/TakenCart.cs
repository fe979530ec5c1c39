namespace Shop.Carts;

/// <summary>The event <c>cart-taken</c>: who has signed in, and the cart that moves to them.</summary>
/// <param name="User">Whose cart it joins.</param>
/// <param name="From">The affinity of the session whose cart it was.</param>
/// <param name="Items">What was in it.</param>
public sealed record TakenCart(string User, string From, IReadOnlyList<CartItem> Items)
{
    /// <summary>The event's type.</summary>
    public const string EventType = "cart-taken";
}
