using Holdfast.NearCaching;
using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>
/// The way to one server, whatever becomes of a single connection: calls that find none wait here, those that a lost
/// one leaves without a reply are sent on the next, and errors that will pass are waited out. A call's deadline ends
/// all of that. Which server a call is for, the first time and each time that it is repeated, the routes say.
/// </summary>
internal sealed class StoreLink : ConnectionOwner
{
    private static readonly TimeSpan RepeatDelay = TimeSpan.FromMilliseconds(25);

    /// <summary>A call may find the functions missing when they are flushed; more often than this, somebody else is at it.</summary>
    private const int MaxTimesFunctionMissing = 3;

    private readonly StoreView view;
    private readonly SignalTable signals;
    private readonly StateEngineOptions options;
    private readonly Lock gate = new();
    private readonly TermOpenings openings;
    private readonly Queue<StoreCall> waiting = new();
    private volatile RedisConnection? current;
    private volatile int waitingCount;
    private readonly StoreRoutes routes;
    private volatile bool isDisposed;
    private volatile bool isRetired;
    private PlainCall<string>? libraryLoad;

    public StoreLink(StoreRoutes routes, StoreView view, SignalTable signals, StateEngineOptions options)
    {
        (this.routes, this.view, this.signals, this.options) = (routes, view, signals, options);
        openings = new TermOpenings(this, routes, view, options);
    }

    /// <summary>The server's pushes.</summary>
    public Feed Feed { get; } = new();

    /// <summary>Whether there is a connection.</summary>
    public bool IsConnected => current is not null;

    /// <summary>Why there is no connection, or the last that there was ended.</summary>
    public StateException? Trouble { get; set; }

    /// <summary>Whether calls wait here for a connection, or for room in it.</summary>
    public override bool HasWaiting => waitingCount > 0;

    /// <summary>Sends the call, or keeps it until it can be sent.</summary>
    public void Submit(StoreCall call)
    {
        if (isRetired && !call.IsPinned)
        {
            routes.Submit(call);
            return;
        }

        if (isDisposed || isRetired || IsOverdue(call))
        {
            call.Fail(Unavailable(call));
            return;
        }

        if (current is { } connection && waitingCount == 0 && connection.TrySend(call))
        {
            return;
        }

        if (call.IsAsking && current is null)
        {
            // Who is about to get the slot can't be reached, and whoever has it may keep it: to be asked again.
            call.IsAsking = false;
            RepeatLater(call);
            return;
        }

        if (!TryKeep(call))
        {
            call.Fail(Unavailable(call));
            return;
        }

        // It was on its way here while its partition went elsewhere, and missed that the calls that wait here were given back.
        if (isRetired || (call.IsAsking ? current is null : IsMisplaced(call)))
        {
            Redistribute();
        }

        SendWaiting();
    }

    /// <summary>Sends a call on the connection that there is now, if there is one.</summary>
    public bool TrySendNow(StoreCall call) => current is { } connection && connection.TrySend(call);

    /// <summary>Takes a connection into use, and tells the store again what this process wants to hear of.</summary>
    public void Adopt(RedisConnection connection)
    {
        foreach (var (partition, rest) in view.Watches.TakeToArm(partition => routes.Leads(partition, this)))
        {
            SendOrKeep(connection, new WatchCall(view, partition, rest, WatchReason.Changed));
        }

        if (routes.Leads(StoreRoutes.Home, this))
        {
            var deadline = options.CommitDeadline();
            foreach (var channel in signals.Channels())
            {
                // Not for long: the next connection asks for all channels again.
                SendOrKeep(connection, new SubscribeCall(channel, ends: false) { ExpiresAt = deadline });
            }
        }

        // Who disposes of the link or retires it either finds the connection here, or is found by it.
        bool isUnwanted;
        lock (gate)
        {
            current = connection;
            if (connection.IsClosed)
            {
                // It may have been told of as lost before it was here.
                current = null;
            }

            isUnwanted = isDisposed || isRetired;
        }

        if (isUnwanted)
        {
            connection.Abort();
            if (isRetired)
            {
                Redistribute();
            }

            return;
        }

        SendWaiting();
    }

    /// <summary>Gives the connection up that there is now; the calls without a reply go on the next.</summary>
    public void Reset() => current?.Abort();

    /// <summary>Gives the calls that wait here back to the routes, which may know another server for them by now.</summary>
    public void Redistribute()
    {
        foreach (var call in TakeWaiting())
        {
            call.IsAsking = false;
            if (call.IsPinned && isRetired)
            {
                call.Fail(Unavailable());
            }
            else if (call.IsPinned)
            {
                Submit(call);
            }
            else
            {
                routes.Submit(call);
            }
        }
    }

    /// <summary>The server is no part of the store any more: calls go elsewhere from now on.</summary>
    public void Retire()
    {
        RedisConnection? connection;
        lock (gate)
        {
            isRetired = true;
            connection = current;
        }

        Redistribute();
        connection?.Abort();
    }

    /// <summary>
    /// Fails the calls whose deadline has passed, or whose callers have gone, while there was no connection. Wherever they
    /// stand: a call that may wait longer does not keep those behind it.
    /// </summary>
    public void DropOverdue()
    {
        var dropped = new List<StoreCall>();
        lock (gate)
        {
            for (var left = waiting.Count; left > 0; left--)
            {
                var call = waiting.Dequeue();
                if (call.IsSettled || IsOverdue(call))
                {
                    dropped.Add(call);
                }
                else
                {
                    waiting.Enqueue(call);
                }
            }

            waitingCount = waiting.Count;
        }

        foreach (var call in dropped)
        {
            call.Fail(Unavailable(call));
        }
    }

    /// <summary>Fails everything that waits, and everything from now on.</summary>
    public void Dispose()
    {
        if (isRetired)
        {
            return;
        }

        RedisConnection? connection;
        lock (gate)
        {
            isDisposed = true;
            connection = current;
        }

        connection?.Abort();
        foreach (var call in TakeWaiting())
        {
            call.Fail(Unavailable());
        }
    }

    /// <inheritdoc/>
    public override void OnSent()
    {
        if (waitingCount > 0)
        {
            SendWaiting();
        }
    }

    /// <inheritdoc/>
    public override void OnReply(RedisConnection connection, StoreCall call, RespReader reader)
    {
        if (call == AskingCall.Instance)
        {
            return;
        }

        Feed.Prove(call.SentAt);
        call.Feed = Feed;
        var ahead = reader;
        ahead.Read();
        if (ahead.IsError)
        {
            OnError(connection, call, ErrorReply.From(ahead.Text));
        }
        else
        {
            OnVerdict(call, ReadReply(connection, call, ref reader));
        }
    }

    private void OnVerdict(StoreCall call, ReplyVerdict verdict)
    {
        if (verdict == ReplyVerdict.TermUnknown)
        {
            call.Recall();
            openings.Open(call.Partition, call);
        }
        else if (verdict == ReplyVerdict.Incomplete)
        {
            call.Recall();
            RepeatLater(call);
        }
        else
        {
            if (view.History.IsUnproven(call.Partition) && call is not OpenCall)
            {
                openings.Open(call.Partition, waiting: null);
            }

            call.EndWay();
        }
    }

    /// <inheritdoc/>
    public override void OnPush(RedisConnection connection, ref RespReader reader)
    {
        var kind = reader.ReadText();
        if (kind.SequenceEqual("invalidate"u8))
        {
            OnInvalidate(connection, ref reader);
        }
        else if (kind.SequenceEqual("message"u8) && routes.Leads(StoreRoutes.Home, this))
        {
            signals.Deliver(reader.ReadString(), reader.ReadText());
        }
    }

    /// <inheritdoc/>
    public override void OnLost(RedisConnection connection, IReadOnlyList<StoreCall> unanswered)
    {
        if (current == connection)
        {
            current = null;
        }

        view.Cache.Lose(Feed);
        foreach (var call in unanswered)
        {
            // In this order: once it can be given up, it has to be known that it may have been made.
            call.OnLost();
            call.Recall();
            if (!call.IsRepeatable || call.IsSettled || IsOverdue(call) || !TryKeep(call))
            {
                call.Fail(Unavailable(call));
            }
        }

        // Another may have been known to have a partition before the loss was.
        if (isRetired || HasMisplaced())
        {
            Redistribute();
        }

        routes.OnLost(this);
    }

    /// <summary>Sends the call again in a little while, to whoever it is for by then.</summary>
    public void RepeatLater(StoreCall call) => _ = RepeatLaterAsync(call);

    /// <summary>The fault of a call that did not get through.</summary>
    public StateUnavailableException Unavailable() =>
        isDisposed ? new StateUnavailableException("The engine was disposed.")
        : new StateUnavailableException(Trouble?.Message ?? "The store did not answer in time.", Trouble);

    /// <summary>The fault of this call, which tells what the store answered to it, if it did.</summary>
    private StateUnavailableException Unavailable(StoreCall call) =>
        !isDisposed && call.Obstacle is { } error ? new StateUnavailableException($"The store did not do it. It answered: {error.Text}", Trouble) : Unavailable();

    /// <summary>Keeps the call until it can be sent; false when the link was disposed of, after which nobody would come for it.</summary>
    private bool TryKeep(StoreCall call)
    {
        lock (gate)
        {
            if (isDisposed && !isRetired)
            {
                return false;
            }

            waiting.Enqueue(call);
            waitingCount = waiting.Count;
            return true;
        }
    }

    // A connection takes only so much that is not sent yet.
    private void SendOrKeep(RedisConnection connection, StoreCall call)
    {
        if (!connection.TrySend(call) && !TryKeep(call))
        {
            call.Fail(Unavailable(call));
        }
    }

    private bool IsMisplaced(StoreCall call) => !call.IsPinned && !routes.Leads(call.Partition, this);

    private bool HasMisplaced()
    {
        lock (gate)
        {
            return waiting.Any(IsMisplaced);
        }
    }

    private StoreCall[] TakeWaiting()
    {
        lock (gate)
        {
            StoreCall[] taken = [.. waiting];
            waiting.Clear();
            waitingCount = 0;
            return taken;
        }
    }

    private void SendWaiting()
    {
        while (current is { } connection)
        {
            StoreCall? call;
            StateException? fault;
            lock (gate)
            {
                if (!waiting.TryPeek(out call))
                {
                    return;
                }

                if (IsOverdue(call))
                {
                    fault = Unavailable(call);
                }
                else if (!connection.TrySend(call, out fault))
                {
                    return;
                }

                waiting.Dequeue();
                waitingCount = waiting.Count;
            }

            // Not under the lock: the end of one call may submit another, which comes by here.
            if (fault is not null)
            {
                call.Fail(fault);
            }
        }
    }

    private static ReplyVerdict ReadReply(RedisConnection connection, StoreCall call, ref RespReader reader)
    {
        try
        {
            return call.Read(ref reader, connection.Server);
        }
        catch (Exception error) when (error is RespFormatException or FormatException or OverflowException or ArgumentException)
        {
            call.Fail(new StateException($"The store's answer does not follow docs/wire.md: {error.Message}", error));
            return ReplyVerdict.Settled;
        }
    }

    private void OnError(RedisConnection connection, StoreCall call, ErrorReply error)
    {
        if (call.TryTakeError(error))
        {
            return;
        }

        call.Recall();
        if (error.IsFunctionMissing)
        {
            LoadLibraryThenRepeat(connection, call);
        }
        else if (error.IsRedirect)
        {
            call.LastError = error;
            routes.OnRedirect(this, call, error);
        }
        else if (error.IsTransient)
        {
            call.LastError = error;
            RepeatLater(call);
            if (error.IsOutlived)
            {
                connection.Abort();
            }
        }
        else
        {
            call.Fail(error.ToException());
        }
    }

    // What is sent behind the load finds the library there: nothing need wait for the load's reply.
    private void LoadLibraryThenRepeat(RedisConnection connection, StoreCall call)
    {
        if (++call.TimesFunctionMissing > MaxTimesFunctionMissing)
        {
            call.Fail(FunctionLibrary.WhyMissing(libraryLoad));
            return;
        }

        if (libraryLoad is not { IsUnderWay: true, IsSettled: false })
        {
            libraryLoad = FunctionLibrary.LoadCall();
            connection.TrySend(libraryLoad);
        }

        Submit(call);
    }

    private async Task RepeatLaterAsync(StoreCall call)
    {
        await Task.Delay(Backoff.Jittered(RepeatDelay, options.Entropy), options.Clock).ConfigureAwait(false);
        if (call.IsPinned)
        {
            Submit(call);
        }
        else
        {
            routes.Submit(call);
        }
    }

    private void OnInvalidate(RedisConnection connection, ref RespReader reader)
    {
        var count = reader.ReadCount();
        if (count < 0)
        {
            // The store can't tell any more what changed, or was emptied: begin again with a connection that knows nothing.
            // At once, not when it is lost: replies that are here already would be taken for proof of what was cached before.
            view.Cache.Lose(Feed);
            connection.Abort();
            return;
        }

        for (; count > 0; count--)
        {
            if (!view.Keys.TryParse(reader.ReadText(), out var partition, out var rest))
            {
                continue;
            }

            if (Address.TryParse(rest, out var address))
            {
                view.Cache.Drop(address);
            }

            if (view.Watches.MustArm(partition, rest))
            {
                routes.Submit(new WatchCall(view, partition, rest, WatchReason.Changed));
            }
        }
    }

    private bool IsOverdue(StoreCall call) => options.Clock.GetTimestamp() > call.ExpiresAt;
}
