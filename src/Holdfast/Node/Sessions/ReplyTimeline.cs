namespace Holdfast.Node;

/// <summary>
/// The order of what a connection is sent. Replies go in the order of their commands, though commits end later than
/// reads that follow them. An invalidation goes after every reply that tells an older state of its partition and
/// before every reply that tells a newer one: so a client that takes what it is sent in order never holds a revision
/// whose changes it has not been told of. Guarded by the session's gate.
/// </summary>
internal sealed class ReplyTimeline
{
    private readonly Queue<ReplySlot> slots = new();
    private long heldBytes;

    /// <summary>What can be sent.</summary>
    public ReplyBuffer Ready { get; private set; } = new();

    /// <summary>How many replies have a place and are not ready.</summary>
    public int Pending => slots.Count;

    /// <summary>Bytes that are held for the client.</summary>
    public long Bytes => Ready.Length + heldBytes;

    /// <summary>Puts a reply, or a push that belongs to no partition, at the end.</summary>
    public void Append(ReadOnlySpan<byte> reply)
    {
        if (slots.Count == 0)
        {
            Ready.Raw(reply);
            return;
        }

        slots.Enqueue(new ReplySlot(null) { Reply = Held(reply), IsSettled = true });
    }

    /// <summary>Keeps a place at the end for a reply that comes later.</summary>
    public ReplySlot Reserve(Lane lane)
    {
        var slot = new ReplySlot(lane);
        slots.Enqueue(slot);
        lane.Unsettled.Enqueue(slot);
        return slot;
    }

    public void Complete(ReplySlot slot, ReadOnlySpan<byte> reply)
    {
        slot.IsSettled = true;
        slot.Lane?.DropSettled();
        if (slots.Peek() != slot)
        {
            slot.Reply = Held(reply);
            return;
        }

        slots.Dequeue();
        Ready.Raw(reply);
        while (slots.TryPeek(out var next))
        {
            if (next.Before is { } pushes)
            {
                Release(pushes.Written);
                next.Before = null;
            }

            if (next.Reply is null)
            {
                break;
            }

            Release(next.Reply);
            slots.Dequeue();
        }
    }

    /// <summary>Puts an invalidation of the lane's partition into its place; the lane is null when nothing is under way there.</summary>
    public void Push(ReadOnlySpan<byte> push, Lane? lane)
    {
        var first = lane?.FirstUnsettled;
        if (first is null)
        {
            Append(push);
        }
        else if (first == slots.Peek())
        {
            Ready.Raw(push);
        }
        else
        {
            heldBytes += push.Length;
            (first.Before ??= new ReplyBuffer()).Raw(push);
        }
    }

    /// <summary>Puts a push ahead of every reply that is under way.</summary>
    public void PutFirst(ReadOnlySpan<byte> push) => Ready.Raw(push);

    /// <summary>Takes what can be sent, and gives an empty buffer for what follows.</summary>
    public ReplyBuffer TakeReady(ReplyBuffer empty)
    {
        var taken = Ready;
        Ready = empty;
        return taken;
    }

    private byte[] Held(ReadOnlySpan<byte> reply)
    {
        heldBytes += reply.Length;
        return reply.ToArray();
    }

    private void Release(ReadOnlySpan<byte> held)
    {
        heldBytes -= held.Length;
        Ready.Raw(held);
    }
}
