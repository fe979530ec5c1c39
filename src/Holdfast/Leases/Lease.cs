namespace Holdfast;

/// <summary>
/// Exclusive use of something for a while: a record created with <see cref="Condition.Absent"/> and an expiry, in the
/// partition of what it guards. Its birth is the fencing token: a commit that demands <see cref="Fence"/> on
/// <see cref="Address"/> can't be made by a holder that lost the lease, however late it comes.
/// </summary>
/// <remarks>
/// Not renewed by itself: run <see cref="KeepAsync"/> beside the work, or call <see cref="RenewAsync"/> every third of the lifetime.
/// Source of the idea: C. Gray and D. Cheriton, "Leases", SOSP 1989; of the token: M. Burrows, "The Chubby lock service", OSDI 2006.
/// </remarks>
public sealed class Lease : IAsyncDisposable
{
    private readonly StateEngine engine;
    private readonly TimeSpan lifetime;
    private long deadline;
    private volatile bool isReleased;

    private Lease(StateEngine engine, Address address, TimeSpan lifetime, Stamp takenAt, long token, long deadline)
    {
        (this.engine, Address, this.lifetime, TakenAt, Token) = (engine, address, lifetime, takenAt, token);
        this.deadline = deadline;
    }

    /// <summary>The lease's record.</summary>
    public Address Address { get; }

    /// <summary>The fencing token: the record's birth. Later holders of the same address have higher ones.</summary>
    public long Token { get; }

    /// <summary>The condition that a commit puts on <see cref="Address"/> so that only the holder can make it.</summary>
    public Condition Fence => Condition.BornAt(Token);

    /// <summary>The moment at which it was taken: a read at least as new sees whatever earlier holders committed in the partition.</summary>
    public Stamp TakenAt { get; }

    /// <summary>
    /// Whether the holder may still believe that it holds the lease: by its own monotonic clock from before the last
    /// renewal was sent, less a tenth of the lifetime for clocks that run apart. Saves work; only the fence proves.
    /// </summary>
    public bool IsHeld => !isReleased && engine.Options.Clock.GetTimestamp() < Volatile.Read(ref deadline);

    /// <summary>Takes the lease, or returns null when somebody holds it.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="address">The lease's record, with the affinity of what it guards.</param>
    /// <param name="lifetime">How long it lasts without renewal; a holder that dies frees it after that.</param>
    /// <param name="describe">Adds fields to the record, to tell others who holds it.</param>
    /// <param name="cancellationToken">
    /// Ends the call: at once if it has not begun, otherwise when the store has answered, so that a lease that was taken by then is given back.
    /// </param>
    public static async ValueTask<Lease?> TryAcquireAsync(
        StateEngine engine, Address address, TimeSpan lifetime, Action<RecordChange>? describe = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        cancellationToken.ThrowIfCancellationRequested();
        var change = Taking(address, lifetime);
        describe?.Invoke(change);
        var sentAt = engine.Options.Clock.GetTimestamp();

        // What is under way may be made though nobody waits for it, and a lease that nobody knows would hold up everybody for its lifetime.
        var result = await engine.CommitAsync(new Commit(change), CancellationToken.None).ConfigureAwait(false);
        var lease = result.IsCommitted ? Taken(engine, result, 0, lifetime, sentAt) : null;
        if (lease is not null && cancellationToken.IsCancellationRequested)
        {
            await lease.DisposeAsync().ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return lease;
    }

    /// <summary>The change that takes a lease together with other changes, in a commit of the caller's; <see cref="Taken"/> makes the lease of its result.</summary>
    /// <param name="address">The lease's record.</param>
    /// <param name="lifetime">How long it lasts without renewal.</param>
    public static RecordChange Taking(Address address, TimeSpan lifetime) =>
        RecordChange.Update(address).When(Condition.Absent).ExpireAfter(lifetime);

    /// <summary>The lease that a commit has taken.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="result">What became of the commit; it was made.</param>
    /// <param name="place">The index of <see cref="Taking"/> among its changes.</param>
    /// <param name="lifetime">As in <see cref="Taking"/>.</param>
    /// <param name="sentAt">When the commit was sent, or before, as the engine's clock counts (<see cref="TimeProvider.GetTimestamp"/>).</param>
    /// <returns>The lease, or null when it has expired since.</returns>
    public static Lease? Taken(StateEngine engine, CommitResult result, int place, TimeSpan lifetime, long sentAt)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(result);
        return result.Records[place] is { } record
            ? new Lease(engine, record.Address, lifetime, result.At, record.Birth, DeadlineFrom(engine, sentAt, lifetime))
            : null;
    }

    /// <summary>Prolongs the lease by its lifetime from now; false when it was lost or given back, and then it is lost for good.</summary>
    public async ValueTask<bool> RenewAsync(CancellationToken cancellationToken = default)
    {
        var renewed = DeadlineFrom(engine, engine.Options.Clock.GetTimestamp(), lifetime);
        var touch = RecordChange.Keep(Address).When(Fence).ExpireAfter(lifetime);
        var result = await engine.CommitAsync(new Commit(touch) { Durability = Durability.Written }, cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref deadline, result.IsCommitted ? renewed : long.MinValue);
        return result.IsCommitted && !isReleased;
    }

    /// <summary>
    /// Renews the lease every third of its lifetime, through a store's passing failures, and returns once it is lost.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled: the holder is done.</exception>
    /// <exception cref="StateException">The store fails, and the lease may have expired meanwhile.</exception>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        var isHeld = true;
        while (isHeld)
        {
            await Task.Delay(lifetime / 3, engine.Options.Clock, cancellationToken).ConfigureAwait(false);
            try
            {
                isHeld = await RenewAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (StateException fault) when (fault.IsTransient && IsHeld)
            {
                // Two more thirds to try it in.
            }
        }
    }

    /// <summary>Gives the lease back, if it is still held, so that another need not wait for its expiry.</summary>
    public async ValueTask ReleaseAsync(CancellationToken cancellationToken = default)
    {
        isReleased = true;
        await engine.CommitAsync(new Commit(RecordChange.Delete(Address).When(Fence)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives the lease back; when the store can't be reached, it expires by itself.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await ReleaseAsync().ConfigureAwait(false);
        }
        catch (StateException)
        {
            // The lease ends by its expiry.
        }
    }

    private static long DeadlineFrom(StateEngine engine, long sentAt, TimeSpan lifetime) =>
        sentAt + (long)(lifetime.TotalSeconds * 0.9 * engine.Options.Clock.TimestampFrequency);
}
