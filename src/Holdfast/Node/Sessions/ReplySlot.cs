namespace Holdfast.Node;

/// <summary>A reply's place among those of its connection. Guarded by the session's gate.</summary>
/// <param name="lane">What the connection has under way in the partition that the reply tells of, if it tells of one.</param>
internal sealed class ReplySlot(Lane? lane)
{
    public Lane? Lane { get; } = lane;

    /// <summary>The reply, once it is known.</summary>
    public byte[]? Reply { get; set; }

    /// <summary>
    /// Whether the moment that the reply tells is behind us, though the reply itself may still be on its way: a push
    /// for a later change then belongs after it.
    /// </summary>
    public bool IsSettled { get; set; }

    /// <summary>Pushes that go before the reply, because it may tell a revision that includes their change.</summary>
    public ReplyBuffer? Before { get; set; }
}
