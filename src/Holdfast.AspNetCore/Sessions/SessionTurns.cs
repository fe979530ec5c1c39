using Holdfast.AspNetCore.Requests;

namespace Holdfast.AspNetCore.Sessions;

/// <summary>
/// Lets the requests of a session run one at a time (<see cref="SessionConcurrency.Serialize"/>). Those of this instance queue up
/// here, so that only the first of them contends for the session's lease with other instances.
/// </summary>
internal sealed class SessionTurns(StateEngine engine)
{
    /// <summary>The lease's lifetime: how long a crashed instance holds up the session's other requests.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    /// <summary>How long a request waits for its turn.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>A holder that crashed lets go without a push: who waits looks again this often.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Queue> queues = new(StringComparer.Ordinal);

    /// <summary>Waits for the session's turn.</summary>
    /// <param name="sessionId">The session's id.</param>
    /// <param name="calls">What counts the request's calls: taking the turn is one, whatever the waiting takes.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="SessionBusyException">It did not come in time.</exception>
    public async ValueTask<SessionTurn> TakeAsync(string sessionId, CountedCalls calls, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, engine.Options.Clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var queue = Join(sessionId);
        var isFirst = false;
        try
        {
            await queue.Turn.WaitAsync(ending.Token);
            isFirst = true;
            var lease = await AcquireAsync(new Address("session-turn", sessionId), ending.Token);
            return new SessionTurn(engine, calls, lease, () => Leave(sessionId, queue, isFirst: true));
        }
        catch (Exception fault)
        {
            Leave(sessionId, queue, isFirst);
            if (fault is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new SessionBusyException();
            }

            throw;
        }
    }

    private async ValueTask<Lease> AcquireAsync(Address address, CancellationToken cancellationToken)
    {
        if (await Lease.TryAcquireAsync(engine, address, Lifetime, cancellationToken: cancellationToken) is { } free)
        {
            return free;
        }

        await using var watch = await engine.WatchAsync(address, cancellationToken);
        while (true)
        {
            if (await Lease.TryAcquireAsync(engine, address, Lifetime, cancellationToken: cancellationToken) is { } lease)
            {
                return lease;
            }

            using var pause = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var look = Task.Delay(LookAgain, engine.Options.Clock, pause.Token);
            await Task.WhenAny(watch.WaitAsync(pause.Token).AsTask(), look);
            await pause.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private Queue Join(string sessionId)
    {
        lock (gate)
        {
            if (!queues.TryGetValue(sessionId, out var queue))
            {
                queues.Add(sessionId, queue = new Queue());
            }

            queue.Requests++;
            return queue;
        }
    }

    private void Leave(string sessionId, Queue queue, bool isFirst)
    {
        lock (gate)
        {
            if (--queue.Requests == 0)
            {
                queues.Remove(sessionId);
            }
        }

        if (isFirst)
        {
            queue.Turn.Release();
        }
    }

    private sealed class Queue
    {
        public SemaphoreSlim Turn { get; } = new(1);

        /// <summary>How many requests wait or have the turn.</summary>
        public int Requests { get; set; }
    }
}
