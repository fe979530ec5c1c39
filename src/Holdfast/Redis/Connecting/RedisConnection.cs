using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>
/// One connection. Calls are written behind each other, and whatever has gathered while the last write was under way
/// goes out in one; the reader matches replies to calls in their order, and sees pushes where they stand among them.
/// </summary>
internal sealed class RedisConnection : IThreadPoolWorkItem
{
    /// <summary>How much may wait to be sent; beyond it calls wait in the owner.</summary>
    private const int MaxUnsentBytes = 16 << 20;

    private readonly Stream stream;
    private readonly ConnectionOwner owner;
    private readonly TimeProvider clock;
    private readonly Lock gate = new();
    private readonly Queue<StoreCall> unanswered = new();
    private readonly TaskCompletionSource<Exception> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RespWriter filling = new();
    private RespWriter sending = new();
    private bool isSending;
    private bool isClosed;
    private long receivedAt;

    public RedisConnection(Stream stream, ConnectionOwner owner, TimeProvider clock)
    {
        (this.stream, this.owner, this.clock) = (stream, owner, clock);
        receivedAt = clock.GetTimestamp();
    }

    /// <summary>Which server it leads to, once that has been asked.</summary>
    public ServerProfile Server { get; set; } = ServerProfile.Unknown;

    /// <summary>Ends with the reason when the connection is lost.</summary>
    public Task<Exception> Ended => ended.Task;

    /// <summary>How long nothing has been received.</summary>
    public TimeSpan Silence => clock.GetElapsedTime(Volatile.Read(ref receivedAt));

    /// <summary>Whether something is being sent.</summary>
    public bool IsSending
    {
        get
        {
            lock (gate)
            {
                return isSending;
            }
        }
    }

    /// <summary>Begins to read. Once.</summary>
    public void Start() => _ = ReadAsync();

    /// <summary>Writes the call behind all others; false when the connection is lost or too much waits to be sent.</summary>
    public bool TrySend(StoreCall call)
    {
        var isTaken = TrySend(call, out var fault);
        if (fault is not null)
        {
            call.Fail(fault);
        }

        return isTaken;
    }

    /// <summary>The same, but leaves it to the caller to fail a call that can't be written: that may submit other calls.</summary>
    public bool TrySend(StoreCall call, out StateException? fault)
    {
        fault = null;
        Exception? problem;
        var isAlone = false;
        lock (gate)
        {
            if (isClosed || filling.Length > MaxUnsentBytes)
            {
                return false;
            }

            if (!call.TryBegin())
            {
                return true;
            }

            if (TryEncode(call, out problem))
            {
                if (isSending)
                {
                    return true;
                }

                isSending = true;
                isAlone = unanswered.Count == 1;
            }
        }

        if (problem is not null)
        {
            call.Recall();
            fault = new StateException($"The call can't be put into its wire form: {problem.Message}", problem);
            return true;
        }

        if (isAlone)
        {
            _ = SendAsync(isLone: true);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        return true;
    }

    /// <summary>Whether it has ended: the link is told of that after this is so.</summary>
    public bool IsClosed
    {
        get
        {
            lock (gate)
            {
                return isClosed;
            }
        }
    }

    /// <summary>Gives the connection up: its reader ends, and the link takes back the calls without a reply.</summary>
    public void Abort() => stream.Dispose();

    /// <summary>Gives it up, and answers why it ended if it had before.</summary>
    public Task<Exception> EndAsync()
    {
        Abort();
        return ended.Task;
    }

    /// <summary>Sends on, on a thread of the pool.</summary>
    void IThreadPoolWorkItem.Execute() => _ = SendAsync(isLone: false);

    // False when the call can't be written; then nothing of it may reach the store.
    private bool TryEncode(StoreCall call, out Exception? problem)
    {
        var length = filling.Length;
        try
        {
            call.SentAt = clock.GetTimestamp();
            if (call.IsAsking)
            {
                AskingCall.Instance.Write(filling, Server);
            }

            call.Write(filling, Server);
            if (call.IsAsking)
            {
                call.IsAsking = false;
                unanswered.Enqueue(AskingCall.Instance);
            }

            unanswered.Enqueue(call);
            problem = null;
            return true;
        }
        catch (Exception error)
        {
            filling.Truncate(length);
            problem = error;
            return false;
        }
    }

    // A lone call's first write is made by the caller's thread, which saves it the way over the pool. Where there are several,
    // whose callers have just been answered together, it is left to the pool's queue, so that the others' calls go with it.
    // What has gathered meanwhile is not the caller's business, and neither are calls that wait in the link, whose lock it may hold.
    private async Task SendAsync(bool isLone)
    {
        try
        {
            if (!isLone)
            {
                owner.OnSent();
            }

            if (!TryTakeFilled(out var batch))
            {
                return;
            }

            await stream.WriteAsync(batch).ConfigureAwait(false);
            if (owner.HasWaiting || !TryRest())
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            Abort();
        }
    }

    private bool TryRest()
    {
        lock (gate)
        {
            isSending = filling.Length > 0;
            return !isSending;
        }
    }

    private bool TryTakeFilled(out ReadOnlyMemory<byte> batch)
    {
        lock (gate)
        {
            sending.Clear();
            (filling, sending) = (sending, filling);
            batch = sending.Written;
            isSending = batch.Length > 0;
            return isSending;
        }
    }

    private async Task ReadAsync()
    {
        Exception reason;
        try
        {
            await ReadAllAsync().ConfigureAwait(false);
            reason = new IOException("The store closed the connection.");
        }
        catch (Exception error)
        {
            reason = error;
        }

        await stream.DisposeAsync().ConfigureAwait(false);
        StoreCall[] orphans;
        lock (gate)
        {
            isClosed = true;
            orphans = [.. unanswered];
            unanswered.Clear();
        }

        owner.OnLost(this, orphans);
        ended.TrySetResult(reason);
    }

    private async Task ReadAllAsync()
    {
        var buffer = new ReceiveBuffer();
        while (true)
        {
            var count = await stream.ReadAsync(buffer.Room()).ConfigureAwait(false);
            if (count == 0)
            {
                return;
            }

            Volatile.Write(ref receivedAt, clock.GetTimestamp());
            buffer.Received(count);
            while (buffer.TryTake(out var reply))
            {
                Take(new RespReader(reply));
            }
        }
    }

    private void Take(RespReader reader)
    {
        var ahead = reader;
        ahead.Read();
        if (ahead.Kind == RespKind.Push && !IsReplyToSubscribe(ahead))
        {
            owner.OnPush(this, ref ahead);
            return;
        }

        StoreCall? call;
        lock (gate)
        {
            if (!unanswered.TryDequeue(out call))
            {
                throw new RespFormatException("The store replied to nothing.");
            }
        }

        owner.OnReply(this, call, reader);
    }

    // The push stands where the reply would, so the call that it answers is the next.
    private bool IsReplyToSubscribe(RespReader push)
    {
        var kind = push.ReadText();
        if (!kind.SequenceEqual("subscribe"u8) && !kind.SequenceEqual("unsubscribe"u8))
        {
            return false;
        }

        lock (gate)
        {
            return unanswered.TryPeek(out var next) && next is SubscribeCall;
        }
    }
}
