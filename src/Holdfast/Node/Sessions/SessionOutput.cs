namespace Holdfast.Node;

/// <summary>
/// Sends a connection's replies and pushes. Whoever has something for it only puts it into the timeline; one thread at
/// a time sends, all that is ready at once, so that a client that does not read holds up nobody. Beyond
/// <paramref name="maxQueuedBytes"/> the connection is cut.
/// </summary>
internal sealed class SessionOutput(ClientWire wire, NodeFigures figures, long maxQueuedBytes, Action overflowed) : IThreadPoolWorkItem
{
    private ReplyBuffer sending = new();
    private bool isSending;
    private bool isFinishing;
    private volatile bool isCut;

    /// <summary>Guards the timeline, the lanes and the tracked keys of the session.</summary>
    public Lock Gate { get; } = new();

    public ReplyTimeline Timeline { get; } = new();

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

    /// <summary>Sends what is ready, on this thread as far as the socket takes it at once.</summary>
    public void Flush()
    {
        if (TryBegin())
        {
            _ = SendAsync();
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

            if (Timeline.Bytes + (isSending ? sending.Length : 0) > maxQueuedBytes)
            {
                isCut = true;
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
                await wire.SendAsync(batch).ConfigureAwait(false);
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
}
