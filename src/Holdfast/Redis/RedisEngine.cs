using System.Runtime.CompilerServices;
using Holdfast.NearCaching;
using Holdfast.Redis;

namespace Holdfast;

/// <summary>
/// The state plane in Redis 7 or later, Valkey, or <c>holdfast node</c>: docs/wire.md on one pipelined RESP3
/// connection for each server, with a near cache that the servers' pushes keep coherent. Stand-alone, under sentinels, or
/// a Redis Cluster, which it finds out by asking.
/// </summary>
/// <remarks>
/// A lost connection is replaced for as long as the engine lives; calls made meanwhile wait, and reads and commits that
/// were under way are repeated, all until <see cref="StateEngineOptions.CommitTimeout"/>. A repeated commit takes effect
/// once: the store remembers the last 64 of this engine in each partition. At most 65,536 calls wait at a time.
/// </remarks>
public sealed class RedisEngine : StateEngine
{
    /// <summary>How many calls may wait for the store at a time; a further one fails at once.</summary>
    private const int MaxCalls = 65_536;

    /// <summary>Before a read is repeated that a server answered which is the store's no more.</summary>
    private static readonly TimeSpan ReadAgainDelay = TimeSpan.FromMilliseconds(25);

    /// <summary>So often one of the near cache's answers is checked against the store.</summary>
    private static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(1);

    private readonly RedisAddress address;
    private readonly StoreView view;
    private readonly SignalTable signals;
    private readonly StoreRoutes routes;
    private readonly StampCheck stamps;
    private readonly SequenceWindow?[] windows;
    private readonly CallDeadlines deadlines;
    private readonly CallPool<ReadCall> reads = new();
    private readonly Action<StoreCall> submitByRoute;
    private readonly ITimer sampling;
    private int isDisposed;

    private RedisEngine(RedisAddress address, StoreView view, SignalTable signals, StoreRoutes routes, StateEngineOptions options)
        : base(options)
    {
        (this.address, this.view, this.signals, this.routes) = (address, view, signals, routes);
        stamps = new StampCheck(view.Cache, options, ReadHeadAsync);
        windows = new SequenceWindow?[Partitions.Count];
        deadlines = new CallDeadlines(options, MaxCalls, GiveUp);
        submitByRoute = Submit;
        sampling = options.Clock.CreateTimer(static engine => ((RedisEngine)engine!).Sample(), this, SampleInterval, SampleInterval);
    }

    /// <inheritdoc/>
    public override EngineCapabilities Capabilities
    {
        get
        {
            var server = routes.NodeOf(StoreRoutes.Home)?.Keeper.Server ?? ServerProfile.Unknown;
            return new EngineCapabilities
            {
                Name = $"{server.Name} {server.Version} {routes.Kind}".TrimEnd(),
                Durability = routes.MayFailOver ? Durability.Memory : server.Durability,
                IsShared = true,
                HasMonotonicExpiry = server.IsNode,
                HasNearCache = view.Cache.IsEnabled,
            };
        }
    }

    /// <summary>Connects to a store, and creates it if the database holds none.</summary>
    /// <param name="connection">
    /// <c>redis://[user:password@]host[:port][,host…][/db]</c>, <c>rediss://…</c> for TLS with the system's validation or
    /// <c>?ca=FILE</c>, <c>redis+sentinel://host[:port],…/NAME</c>, <c>redis+unix://[[user]:password@]/path/to/socket</c>,
    /// user and password percent-encoded; or <c>host:port,password=…,ssl=true</c> as StackExchange.Redis takes it.
    /// </param>
    /// <param name="options">Options; the defaults if null.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ArgumentException">The connection string can't be read.</exception>
    /// <exception cref="StateMismatchException">
    /// The server is too old, evicts records, or refuses the password; or the store has another format version or
    /// partition count. The message names the remedy.
    /// </exception>
    /// <exception cref="StateUnavailableException">
    /// The store was not reached within <see cref="StateEngineOptions.CommitTimeout"/>.
    /// </exception>
    public static async ValueTask<RedisEngine> OpenAsync(
        string connection, StateEngineOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        options ??= new StateEngineOptions();
        var address = RedisAddress.Parse(connection);
        var view = new StoreView(options, new PartitionMap(options.PartitionCount), options.Entropy.NextText(12));
        var signals = new SignalTable();
        var routes = await StoreProbe.OpenAsync(address, view, signals, options, cancellationToken).ConfigureAwait(false);
        return new RedisEngine(address, view, signals, routes, options);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) != 0)
        {
            return;
        }

        await sampling.DisposeAsync().ConfigureAwait(false);
        await routes.DisposeAsync().ConfigureAwait(false);
        deadlines.Dispose();
        foreach (var watch in view.Watches.All())
        {
            await watch.DisposeAsync().ConfigureAwait(false);
        }

        foreach (var subscription in signals.All())
        {
            await subscription.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    internal override StateException? TroubleOf(int partition) => routes.NodeOf(partition) is { Link.IsConnected: true } ? null : routes.Unavailable(partition);

    /// <inheritdoc/>
    protected override ValueTask<Reading> ReadCoreAsync(
        Address address, int partition, Freshness freshness, CancellationToken cancellationToken)
    {
        StateMeter.Reads.Add(1);
        if (freshness.IsLatest)
        {
            return CallAsync(ReadCall.Of(reads, view, partition, address), cancellationToken);
        }

        var answer = view.Cache.TryRead(address, partition, freshness, out var reading);
        if (answer == NearCacheAnswer.Hit)
        {
            StateMeter.NearCacheHits.Add(1);
            return new ValueTask<Reading>(reading with { IsNear = true });
        }

        return ReadSlowAsync(address, partition, freshness, answer, cancellationToken);
    }

    /// <inheritdoc/>
    protected override async ValueTask<IReadOnlyList<Reading>> ReadManyCoreAsync(
        IReadOnlyList<Address> addresses, int partition, CancellationToken cancellationToken) =>
        await CallAsync(new ReadManyCall(view, partition, addresses), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    protected override ValueTask<CommitResult> CommitCoreAsync(Commit commit, int partition, CancellationToken cancellationToken)
    {
        StateMeter.Commits.Add(1);
        return CallAsync(new CommitCall(view, partition, commit, WindowOf(partition), routes), cancellationToken);
    }

    /// <inheritdoc/>
    protected override async IAsyncEnumerable<Record> ScanCoreAsync(
        int partition, string kind, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var scan = new PartitionScan(routes, partition);
        try
        {
            while (scan.TryGoOn())
            {
                if (await ScanStepAsync(scan, partition, kind, cancellationToken).ConfigureAwait(false) is not { } page)
                {
                    continue;
                }

                scan.Take(page);
                foreach (var chunk in page.Addresses.Chunk(StateLimits.MaxRecordsPerCommit))
                {
                    foreach (var reading in await CallAsync(new ReadManyCall(view, partition, chunk), cancellationToken).ConfigureAwait(false))
                    {
                        if (reading.Record is { } record)
                        {
                            yield return record;
                        }
                    }
                }
            }
        }
        finally
        {
            ArmScanned(partition, kind);
        }
    }

    /// <inheritdoc/>
    protected override ValueTask<JournalPage> ReadJournalCoreAsync(
        int partition, JournalPosition after, int maxEvents, CancellationToken cancellationToken) =>
        CallAsync(new JournalCall(view, partition, after, maxEvents), cancellationToken);

    /// <inheritdoc/>
    protected override ValueTask<PartitionHead> ReadHeadCoreAsync(int partition, CancellationToken cancellationToken) =>
        CallAsync(new OpenCall(view, partition), cancellationToken);

    /// <inheritdoc/>
    protected override async ValueTask<Watch> WatchCoreAsync(int partition, Address? address, CancellationToken cancellationToken)
    {
        var rest = address?.ToString() ?? StoreKeys.Head;
        var watch = new Watch(ended =>
        {
            view.Watches.Remove(partition, rest, ended);
            return ValueTask.CompletedTask;
        });
        view.Watches.Add(partition, rest, watch);
        try
        {
            await CallAsync(new WatchCall(view, partition, rest, WatchReason.Begun), cancellationToken).ConfigureAwait(false);
            return watch;
        }
        catch
        {
            await watch.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask SignalCoreAsync(string channel, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken) =>
        await CallAsync(new PublishCall(StoreKeys.SignalPrefix + channel, payload), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    protected override async ValueTask<SignalSubscription> ListenCoreAsync(string channel, CancellationToken cancellationToken)
    {
        var name = StoreKeys.SignalPrefix + channel;
        var subscription = new SignalSubscription(channel, ended =>
        {
            signals.Remove(name, ended, () => routes.Submit(new SubscribeCall(name, ends: true) { ExpiresAt = Options.CommitDeadline() }));
            return ValueTask.CompletedTask;
        });
        var call = new SubscribeCall(name, ends: false) { ExpiresAt = Options.CommitDeadline() };
        signals.Add(name, subscription, () => routes.Submit(call));
        try
        {
            await CallAsync(call, cancellationToken, static _ => { }).ConfigureAwait(false);
            return subscription;
        }
        catch
        {
            await subscription.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The next page; null when the server can't tell it, and others can.</summary>
    private async ValueTask<ScanPage?> ScanStepAsync(PartitionScan scan, int partition, string kind, CancellationToken cancellationToken)
    {
        var step = new ScanCall(view, partition, kind, scan.Cursor) { IsPinned = true };
        try
        {
            return await CallAsync(step, cancellationToken, scan.Node!.Link.Submit).ConfigureAwait(false);
        }
        catch (StateUnavailableException) when (scan.IsOvertaken)
        {
            return null;
        }
    }

    // The store removes what a scan finds expired, forgets that this connection wanted to hear of it, and with NOLOOP does not tell it
    // either. Another may have made the record again by now: its watches are told that it may have changed.
    private void ArmScanned(int partition, string kind)
    {
        foreach (var rest in view.Watches.TakeScanned(partition, kind))
        {
            routes.Submit(new WatchCall(view, partition, rest, WatchReason.Changed) { ExpiresAt = Options.CommitDeadline() });
        }
    }

    private async ValueTask<Reading> ReadSlowAsync(
        Address address, int partition, Freshness freshness, NearCacheAnswer answer, CancellationToken cancellationToken)
    {
        var minimum = freshness.Minimum is { } stamp && stamp.Partition == partition ? stamp : (Stamp?)null;
        if (answer != NearCacheAnswer.Miss)
        {
            // The record is here, and only its moment is in question: ask for that, not for the record.
            var moment = await CallAsync(ReadCall.Of(reads, view, partition, null), cancellationToken).ConfigureAwait(false);
            var verdict = await stamps.CheckAsync(minimum!.Value, moment.At, cancellationToken).ConfigureAwait(false);
            if (verdict != StampVerdict.Later && view.Cache.TryRead(address, partition, freshness, out var reading) == NearCacheAnswer.Hit)
            {
                StateMeter.NearCacheHits.Add(1);
                return reading;
            }

            // What is lost has been told.
            minimum = verdict == StampVerdict.Lost ? null : minimum;
        }

        StateMeter.NearCacheMisses.Add(1);
        var fetched = await CallAsync(ReadCall.Of(reads, view, partition, address), cancellationToken).ConfigureAwait(false);
        return minimum is { } shown && await stamps.CheckAsync(shown, fetched.At, cancellationToken).ConfigureAwait(false) == StampVerdict.Later
            ? await ReadAgainAsync(address, partition, shown, cancellationToken).ConfigureAwait(false)
            : fetched;
    }

    // A server answers which is the store's no more, and soon another one will.
    private async ValueTask<Reading> ReadAgainAsync(Address address, int partition, Stamp shown, CancellationToken cancellationToken)
    {
        var deadline = Options.CommitDeadline();
        while (Options.Clock.GetTimestamp() <= deadline)
        {
            await Task.Delay(Backoff.Jittered(ReadAgainDelay, Options.Entropy), Options.Clock, cancellationToken).ConfigureAwait(false);
            var fetched = await CallAsync(ReadCall.Of(reads, view, partition, address), cancellationToken).ConfigureAwait(false);
            if (await stamps.CheckAsync(shown, fetched.At, cancellationToken).ConfigureAwait(false) != StampVerdict.Later)
            {
                return fetched;
            }
        }

        throw new StateUnavailableException(
            $"The store at {this.address} has what the stamp {shown} stands for, and the server that answers reads has not, for {Options.CommitTimeout.TotalSeconds} s.");
    }

    private ValueTask<T> CallAsync<T>(AwaitedCall<T> call, CancellationToken cancellationToken, Action<StoreCall>? submit = null)
    {
        if (Volatile.Read(ref isDisposed) != 0)
        {
            return ValueTask.FromException<T>(new ObjectDisposedException(nameof(RedisEngine)));
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellationToken);
        }

        if (!deadlines.TryAdd(call))
        {
            return ValueTask.FromException<T>(new StateUnavailableException($"{MaxCalls} calls wait for the store at {address} already."));
        }

        submit ??= submitByRoute;
        return call is PooledCall<T> pooled ? deadlines.AwaitAsync(pooled, submit, cancellationToken) : deadlines.AwaitAsync(call, submit, cancellationToken);
    }

    private void Submit(StoreCall call)
    {
        StateMeter.RoundTrips.Add(1);
        if (call.TryEnter())
        {
            routes.Submit(call);
        }
    }

    // A commit that is under way keeps its sequence number until it is answered or its connection is lost: only who
    // awaits it is told.
    private void GiveUp(StoreCall call)
    {
        var seconds = Options.CommitTimeout.TotalSeconds;
        var trouble = routes.NodeOf(call.Partition)?.Link.Trouble;
        var reason = call.Obstacle is { } error ? $"It answered: {error.Text}" : trouble?.Message;
        if (call.TryGiveUp())
        {
            call.Fail(new StateUnavailableException($"The store at {address} did not do it within {seconds} s. {reason}", trouble));
        }
        else if (call is CommitCall)
        {
            call.Tell(new CommitUnknownException($"The store at {address} did not answer within {seconds} s: the commit may have been made. {reason}", trouble));
        }
        else
        {
            call.Tell(new StateUnavailableException($"The store at {address} did not answer within {seconds} s. {reason}", trouble));
        }
    }

    private void Sample()
    {
        if (view.Cache.TakeServed() is { } served)
        {
            routes.Submit(new SampleCall(view, served) { ExpiresAt = Options.CommitDeadline() });
        }
    }

    private SequenceWindow WindowOf(int partition) =>
        Volatile.Read(ref windows[partition])
        ?? Interlocked.CompareExchange(ref windows[partition], new SequenceWindow(), null)
        ?? windows[partition]!;
}
