namespace Holdfast.Node;

/// <summary>
/// Sends a connection's replies and pushes. Whoever has something for it only puts it into the timeline; one thread at
/// a time sends, all that is ready at once, so that a client that does not read holds up nobody.
/// </summary>
/// <remarks>
/// Replies wait for the client: beyond <see cref="MaxHeldBytes"/> no command is run for it until it has taken what it was
/// sent (<see cref="WaitForRoom"/>), so that it gets all of a pipeline, however long. Pushes wait for nobody: where one
/// would come to more than twice <paramref name="maxQueuedBytes"/>, the connection is cut.
/// </remarks>
internal sealed class SessionOutput(ClientWire wire, NodeFigures figures, long maxQueuedBytes, Action overflowed) : IThreadPoolWorkItem
{
    /// <summary>How much that is ready is sent before a pipeline has ended.</summary>
    private const int LongBytes = 256 << 10;

    /// <summary>How much the client is sent at a time: taking so much is a sign of life.</summary>
    private const int ChunkBytes = 64 << 10;

    private ReplyBuffer sending = new();
    private bool isSending;
    private bool isFinishing;
    private volatile bool isCut;

    /// <summary>Ends when there is room, or at least something was taken; null when nobody waits for it.</summary>
    private TaskCompletionSource? room;

    /// <summary>What replies may come to whose commands are being run.</summary>
    private long reservedBytes;

    /// <summary>How many chunks the client has taken. Of the thread that sends; others see it sooner or later.</summary>
    private long takenChunks;

    /// <summary>How many it had taken when <see cref="HasStalled"/> was last asked, and since when it has taken none while it was waited for.</summary>
    private long seenChunks;
    private long? stalledAt;

    /// <summary>Guards the timeline, the lanes and the tracked keys of the session.</summary>
    public Lock Gate { get; } = new();

    public ReplyTimeline Timeline { get; } = new(2 * maxQueuedBytes);

    /// <summary>How much may be held for the client when a command of it is run.</summary>
    public long MaxHeldBytes { get; set; } = maxQueuedBytes;

    /// <summary>Whether so much is held that it should be sent, and <see cref="WaitForRoom"/> asked. Costs no lock.</summary>
    public bool IsLong => Timeline.Bytes > Math.Min(LongBytes, MaxHeldBytes);

    /// <summary>Whether nothing is sent any more, so that nothing is to be done either.</summary>
    public bool IsCut => isCut;

    /// <summary>Completes when nothing will be sent any more.</summary>
    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Puts a reply at the end; it is sent with the next flush.</summary>
    public void Append(ReadOnlySpan<byte> reply)
    {
        lock (Gate)
        {
            Timeline.Append(reply);
        }
    }

    /// <summary>Puts a push that belongs to no partition at the end, and has it sent.</summary>
    public void Push(ReadOnlySpan<byte> push)
    {
        lock (Gate)
        {
            Timeline.Push(push);
        }

        FlushSoon();
    }

    /// <summary>Sends what is ready, on this thread as far as the socket takes it at once.</summary>
    public void Flush()
    {
        if (TryBegin())
        {
            _ = SendAsync();
        }
    }

    /// <summary>
    /// What to wait for, and then to ask again, before a command more is run; null if it may be now, or never as the connection is cut. What is
    /// ready must be flushed before it is waited for.
    /// </summary>
    /// <param name="next">Where its reply goes. What is held may be waiting for just that.</param>
    /// <param name="bytes">
    /// What its reply may come to, which the caller gives back by <see cref="GiveBack"/>; 0 if it is the connection's own thread that runs it, of which there is one. Of
    /// the others at most one runs a command whose reply has no room.
    /// </param>
    public Task? WaitForRoom(ReplySlot? next = null, long bytes = 0)
    {
        lock (Gate)
        {
            var hasRoom = reservedBytes > 0
                ? Timeline.Bytes + reservedBytes + bytes <= MaxHeldBytes
                : Timeline.Bytes <= MaxHeldBytes || (next is not null && Timeline.IsStuckAt(next));
            if (hasRoom || isCut)
            {
                reservedBytes += bytes;
                return null;
            }

            room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return room.Task;
        }
    }

    /// <summary>The reply is there for which room was reserved. Called under the gate.</summary>
    public void GiveBack(long bytes)
    {
        reservedBytes -= bytes;
        TellRoom();
    }

    /// <summary>Whether the client is waited for, and has taken nothing for so long. To be asked regularly.</summary>
    public bool HasStalled(TimeSpan timeout, TimeProvider clock)
    {
        lock (Gate)
        {
            var isAwaited = isSending && !isCut && (isFinishing || room is not null);
            if (isAwaited && takenChunks == seenChunks && stalledAt is { } since)
            {
                return clock.GetElapsedTime(since) > timeout;
            }

            seenChunks = takenChunks;
            stalledAt = isAwaited ? clock.GetTimestamp() : null;
            return false;
        }
    }

    /// <summary>Sends what is ready, on another thread: for who holds locks or has better things to do.</summary>
    public void FlushSoon()
    {
        if (TryBegin())
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Once every reply that is under way was sent, nothing more is.</summary>
    public void Finish()
    {
        lock (Gate)
        {
            isFinishing = true;
        }

        Flush();
    }

    /// <summary>Sends nothing more.</summary>
    public void Cut()
    {
        lock (Gate)
        {
            isCut = true;
            Timeline.Close();
            TellRoom();
        }

        Ended.TrySetResult();
        wire.Cut();
    }

    void IThreadPoolWorkItem.Execute() => _ = SendAsync();

    private bool TryBegin()
    {
        lock (Gate)
        {
            if (isCut)
            {
                return false;
            }

            if (Timeline.IsClosed)
            {
                isCut = true;
                TellRoom();
                ThreadPool.UnsafeQueueUserWorkItem(static output => output.CutOverflowed(), this, preferLocal: false);
                return false;
            }

            if (isSending || (Timeline.Ready.Length == 0 && !isFinishing))
            {
                return false;
            }

            isSending = true;
            return true;
        }
    }

    private void CutOverflowed()
    {
        overflowed();
        Cut();
    }

    private async Task SendAsync()
    {
        try
        {
            while (TakeBatch() is { } batch)
            {
                figures.CountSent(batch.Length);
                for (var rest = batch; rest.Length > 0;)
                {
                    var chunk = rest[..Math.Min(rest.Length, ChunkBytes)];
                    await wire.SendAsync(chunk).ConfigureAwait(false);
                    takenChunks++;
                    rest = rest[chunk.Length..];
                }
            }
        }
        catch (Exception exception) when (ClientWire.IsBroken(exception))
        {
            Cut();
        }
    }

    private ReadOnlyMemory<byte>? TakeBatch()
    {
        lock (Gate)
        {
            sending.Clear();
            Timeline.HasSent();
            if (Timeline.Bytes <= MaxHeldBytes || Timeline.Ready.Length == 0)
            {
                TellRoom();
            }

            if (!isCut && Timeline.Ready.Length > 0)
            {
                sending = Timeline.TakeReady(sending);
                return sending.WrittenMemory;
            }

            isSending = false;
            if (!isFinishing || Timeline.Pending > 0)
            {
                return null;
            }
        }

        Ended.TrySetResult();
        return null;
    }

    private void TellRoom()
    {
        room?.TrySetResult();
        room = null;
    }
}
