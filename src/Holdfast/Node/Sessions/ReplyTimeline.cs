namespace Holdfast.Node;

/// <summary>
/// The order of what a connection is sent. Replies go in the order of their commands, though commits end later than
/// reads that follow them. An invalidation goes after every reply that tells an older state of its partition and
/// before every reply that tells a newer one: so a client that takes what it is sent in order never holds a revision
/// whose changes it has not been told of. Guarded by the session's gate.
/// </summary>
/// <param name="maxBytesWithPushes">The most that is held when a push comes; with more, it is left out and the timeline closed.</param>
internal sealed class ReplyTimeline(long maxBytesWithPushes)
{
    private readonly Queue<ReplySlot> slots = new();
    private ReplySlot? last;
    private ReplyBuffer? spare;
    private long heldBytes;
    private long takenBytes;

    /// <summary>What can be sent.</summary>
    public ReplyBuffer Ready { get; private set; } = new();

    /// <summary>How many places hold replies that can't be sent yet.</summary>
    public int Pending => slots.Count;

    /// <summary>Bytes that are held for the client, those included that are being sent. Without the gate it is what it was at some moment.</summary>
    public long Bytes => Ready.Length + heldBytes + takenBytes;

    /// <summary>Whether a push was left out, or nobody takes anything any more.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether nothing can be sent before the reply whose place this is.</summary>
    public bool IsStuckAt(ReplySlot slot) => takenBytes == 0 && Ready.Length == 0 && slots.TryPeek(out var first) && first == slot;

    /// <summary>Holds no pushes any more.</summary>
    public void Close() => IsClosed = true;

    /// <summary>Puts a reply, or a push that belongs to it, at the end. It was seen to that there is room.</summary>
    public void Append(ReadOnlySpan<byte> reply)
    {
        if (slots.Count == 0)
        {
            Ready.Raw(reply);
            return;
        }

        if (!last!.IsOpen)
        {
            Add(new ReplySlot(null) { IsOpen = true, IsReady = true, IsSettled = true });
        }

        Hold(last, reply);
    }

    /// <summary>Keeps a place at the end for a reply that comes later.</summary>
    public ReplySlot Reserve(Lane lane)
    {
        var slot = new ReplySlot(lane);
        Add(slot);
        lane.Unsettled.Enqueue(slot);
        return slot;
    }

    /// <summary>A place at the end for replies that go out at the same moment as those that it holds; another one if something else has come behind it.</summary>
    public ReplySlot Share(ReplySlot? place)
    {
        if (place is not null && place == last && slots.Count > 0)
        {
            return place;
        }

        var slot = new ReplySlot(null) { IsSettled = true };
        Add(slot);
        return slot;
    }

    /// <summary>Writes a reply into a place, behind those that it holds. It goes out when the place is released.</summary>
    public void Hold(ReplySlot slot, ReadOnlySpan<byte> reply)
    {
        heldBytes += reply.Length;
        slot.Bytes ??= Spare();
        slot.Bytes.Raw(reply);
        slot.IsOpen = true;
    }

    /// <summary>Writes other replies into a place instead of those that it holds.</summary>
    public void Rewrite(ReplySlot slot, ReplyBuffer replies)
    {
        heldBytes += replies.Length - slot.Length;
        slot.Bytes = replies;
    }

    /// <summary>The replies of the place may go out, as far as those before it have.</summary>
    public void Release(ReplySlot slot)
    {
        slot.IsReady = true;
        slot.IsSettled = true;
        slot.Lane?.DropSettled();
        if (slots.Peek() != slot)
        {
            return;
        }

        while (slots.TryPeek(out var next))
        {
            if (next.Before is { } pushes)
            {
                heldBytes -= pushes.Length;
                Ready.Raw(pushes.Written);
                next.Before = null;
            }

            if (!next.IsReady)
            {
                break;
            }

            slots.Dequeue();
            Send(next);
        }
    }

    /// <summary>Puts a push that belongs to no partition at the end.</summary>
    public void Push(ReadOnlySpan<byte> push)
    {
        if (Admits(push))
        {
            Append(push);
        }
    }

    /// <summary>Puts an invalidation of the lane's partition into its place; the lane is null when nothing is under way there.</summary>
    public void Push(ReadOnlySpan<byte> push, Lane? lane)
    {
        if (!Admits(push))
        {
            return;
        }

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
    public void PutFirst(ReadOnlySpan<byte> push)
    {
        if (Admits(push))
        {
            Ready.Raw(push);
        }
    }

    /// <summary>Takes what can be sent, and gives an empty buffer for what follows.</summary>
    public ReplyBuffer TakeReady(ReplyBuffer empty)
    {
        var taken = Ready;
        Ready = empty;
        takenBytes = taken.Length;
        return taken;
    }

    /// <summary>What was taken last has been sent.</summary>
    public void HasSent() => takenBytes = 0;

    private bool Admits(ReadOnlySpan<byte> more)
    {
        IsClosed |= Bytes + more.Length > maxBytesWithPushes;
        return !IsClosed;
    }

    private void Add(ReplySlot slot)
    {
        slots.Enqueue(slot);
        last = slot;
    }

    private ReplyBuffer Spare()
    {
        var buffer = spare ?? new ReplyBuffer();
        spare = null;
        return buffer;
    }

    private void Send(ReplySlot slot)
    {
        if (slot.Bytes is not { } bytes)
        {
            return;
        }

        heldBytes -= bytes.Length;
        if (Ready.Length == 0)
        {
            // The whole buffer changes hands instead of its bytes.
            (Ready, bytes) = (bytes, Ready);
        }
        else
        {
            Ready.Raw(bytes.Written);
        }

        bytes.Clear();
        spare = bytes;
        slot.Bytes = null;
    }
}
