namespace Holdfast.Node;

/// <summary>
/// A place among the replies of a connection. It holds the reply of one command, or those of several that go out at the same moment.
/// Guarded by the session's gate.
/// </summary>
/// <param name="lane">What the connection has under way in the partition that the reply tells of, if it tells of one.</param>
internal sealed class ReplySlot(Lane? lane)
{
    public Lane? Lane { get; } = lane;

    /// <summary>What is known of the replies. It may go out once <see cref="IsReady"/>.</summary>
    public ReplyBuffer? Bytes { get; set; }

    /// <summary>How many bytes of replies it holds.</summary>
    public int Length => Bytes?.Length ?? 0;

    /// <summary>Whether every reply that has its place here is known, so that more can be put behind them.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Whether the replies may go out.</summary>
    public bool IsReady { get; set; }

    /// <summary>
    /// Whether the moment that the reply tells is behind us, though the reply itself may still be on its way: a push
    /// for a later change then belongs after it.
    /// </summary>
    public bool IsSettled { get; set; }

    /// <summary>Pushes that go before the reply, because it may tell a revision that includes their change.</summary>
    public ReplyBuffer? Before { get; set; }
}
