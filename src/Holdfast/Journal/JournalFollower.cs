namespace Holdfast;

/// <summary>
/// Follows the journals of all partitions and hands each event to a handler: what one partition's commit started,
/// the handler carries on in another. Run it in every instance; a <see cref="Lease"/> lets one of them work at a time,
/// and another takes over when that one ends or dies.
/// </summary>
/// <remarks>
/// <para>
/// An event is handled <em>at least once</em>, so the handler must be idempotent: make its commit under a
/// <see cref="RequestId"/> derived from the event's partition and position. Events of a partition come in their
/// order, one at a time; partitions come independently, up to <see cref="MaxPartitionsAtOnce"/> at once.
/// </para>
/// <para>
/// A handler that throws gets the same event again after <see cref="JournalFollowerOptions.RetryPause"/>, and that
/// partition's later events wait for it. The follower outlives the store's absence, the loss of its lease and the
/// death of its process: positions are kept in the store, one record with a field for each partition, written under
/// the lease's fence. Events that retention trimmed before they were handled, and history that the store lost, are
/// reported through <see cref="JournalFollowerOptions.OnGap"/>.
/// </para>
/// </remarks>
public sealed class JournalFollower
{
    /// <summary>How many partitions' events are read and handled at the same time.</summary>
    public const int MaxPartitionsAtOnce = 8;

    private readonly StateEngine engine;
    private readonly Func<int, JournalEvent, CancellationToken, ValueTask> handle;
    private readonly JournalFollowerOptions options;
    private readonly Address leaseAddress;
    private readonly Address positionsAddress;

    /// <summary>Prepares to follow; <see cref="RunAsync"/> does.</summary>
    /// <param name="engine">The store.</param>
    /// <param name="name">
    /// Names the follower: those of the same name share the work and its positions. It becomes an affinity, see <see cref="Address"/>.
    /// </param>
    /// <param name="handle">Handles an event of a partition; must be idempotent.</param>
    /// <param name="options">Times, and what to do about gaps.</param>
    public JournalFollower(
        StateEngine engine, string name, Func<int, JournalEvent, CancellationToken, ValueTask> handle, JournalFollowerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(handle);
        this.engine = engine;
        this.handle = handle;
        this.options = options ?? new JournalFollowerOptions();
        leaseAddress = new Address("journal-follower", name, "lease");
        positionsAddress = new Address("journal-follower", name, "positions");
    }

    /// <summary>Follows until it is cancelled, and then returns. Faults of the store end nothing: they are logged and outlasted.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await FollowOnceAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (StateException fault)
            {
                engine.Options.Log(new EngineEvent(
                    EngineEventLevel.Warning, "JournalFollowerInterrupted", $"Following the journals for {positionsAddress} pauses: {fault.Message}", fault));
                await Task.Delay(options.RetryPause, engine.Options.Clock, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task FollowOnceAsync(CancellationToken cancellationToken)
    {
        var lease = await WaitForLeaseAsync(cancellationToken).ConfigureAwait(false);
        await using (lease.ConfigureAwait(false))
        {
            using var tenure = new JournalFollowerTenure(engine, lease, positionsAddress, handle, options);
            await tenure.RunAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<Lease> WaitForLeaseAsync(CancellationToken cancellationToken)
    {
        var watch = await engine.WatchAsync(leaseAddress, cancellationToken).ConfigureAwait(false);
        await using (watch.ConfigureAwait(false))
        {
            while (true)
            {
                var lease = await Lease.TryAcquireAsync(
                    engine, leaseAddress, options.LeaseLifetime, cancellationToken: cancellationToken).ConfigureAwait(false);
                if (lease is not null)
                {
                    return lease;
                }

                await watch.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
