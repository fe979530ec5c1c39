namespace Holdfast.Redis;

/// <summary>
/// Keeps the link connected: makes the first connection or says why it can't, replaces a lost one for as long as the
/// engine lives, and finds out when one has fallen silent.
/// </summary>
/// <param name="named">What the connection string names, until it is known which server that is.</param>
/// <param name="find">Tells, for each attempt, which server to connect to.</param>
/// <param name="link">Who gets the connections.</param>
/// <param name="view">What the store is called and has in this process.</param>
/// <param name="options">The engine's.</param>
/// <param name="isCluster">Whether the server is one of a cluster, and may have only some of the keys.</param>
internal sealed class LinkKeeper(
    RedisAddress named, Func<CancellationToken, ValueTask<RedisAddress>> find, StoreLink link, StoreView view, StateEngineOptions options, bool isCluster)
    : IAsyncDisposable
{
    /// <summary>For finding the server and connecting to it, and then for each answer of the handshake.</summary>
    public static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(2);

    /// <summary>For the whole handshake.</summary>
    private static readonly TimeSpan LongestHandshake = 5 * DialTimeout;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PingInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>The near cache distrusts a connection after a second of silence; after two it is given up.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(2);

    /// <summary>Between two PINGs; beyond it this process was stopped, or had no processor.</summary>
    private static readonly TimeSpan LatestTick = 2 * PingInterval;

    /// <summary>So many PINGs without an answer tell of silence too, however late each of them was sent.</summary>
    private const int MaxUnanswered = 20;

    /// <summary>Of this many server processes the last connection is known.</summary>
    private const int MaxRuns = 64;

    private readonly CancellationTokenSource disposed = new();

    // Replaced and never changed: a handshake that was given up may still read it.
    private OrderedDictionary<string, long> connections = [];
    private Task keeping = Task.CompletedTask;
    private volatile RedisAddress address = named;

    /// <summary>Where the last attempt led.</summary>
    public RedisPlace Place => address.Place;

    /// <summary>The server that the last connection led to.</summary>
    public ServerProfile Server { get; private set; } = ServerProfile.Unknown;

    /// <summary>Connects in the background, for as long as it takes.</summary>
    public void Start() => keeping = KeepAsync(null);

    /// <summary>Connects, trying until the deadline.</summary>
    /// <exception cref="StateMismatchException">The server or the store is not one to use; not tried again.</exception>
    /// <exception cref="StateUnavailableException">The store was not reached in time.</exception>
    public async Task OpenAsync(long deadline, CancellationToken cancellationToken)
    {
        var delay = new Backoff(FirstDelay, LongestDelay, options.Entropy);
        while (true)
        {
            if (await TryDialAsync(cancellationToken).ConfigureAwait(false) is { } connection)
            {
                link.Adopt(connection);
                keeping = KeepAsync(connection);
                return;
            }

            if (link.Trouble is StateMismatchException or StateFullException)
            {
                throw link.Trouble;
            }

            if (options.Clock.GetTimestamp() > deadline)
            {
                throw new StateUnavailableException(link.Trouble!.Message, link.Trouble);
            }

            await Task.Delay(delay.Next(), options.Clock, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the connection and the keeping of it.</summary>
    public async ValueTask DisposeAsync()
    {
        await disposed.CancelAsync().ConfigureAwait(false);
        link.Dispose();
        await keeping.ConfigureAwait(false);
        disposed.Dispose();
    }

    private async Task KeepAsync(RedisConnection? connection)
    {
        while (true)
        {
            if (connection is not null && !await OutliveAsync(connection).ConfigureAwait(false))
            {
                return;
            }

            if (await DialAgainAsync().ConfigureAwait(false) is not { } next)
            {
                return;
            }

            if (connection is not null)
            {
                StateMeter.Reconnects.Add(1);
                Tell(EngineEventLevel.Information, "Reconnected", $"Connected again to {Server.Name} {Server.Version} at {address}.", null);
            }

            connection = next;
            link.Adopt(connection);
        }
    }

    // Waits for the connection's end, and says that it is lost; false when it was given up for good.
    private async Task<bool> OutliveAsync(RedisConnection connection)
    {
        var reason = await WatchOverAsync(connection).ConfigureAwait(false);
        if (disposed.IsCancellationRequested)
        {
            return false;
        }

        link.Trouble = new StateUnavailableException($"The connection to the store at {address} was lost: {reason.Message}", reason);
        Tell(EngineEventLevel.Warning, "ConnectionLost", link.Trouble.Message, reason);
        return true;
    }

    private async Task<RedisConnection?> DialAgainAsync()
    {
        var delay = new Backoff(FirstDelay, LongestDelay, options.Entropy);
        try
        {
            while (true)
            {
                link.DropOverdue();
                if (await TryDialAsync(disposed.Token).ConfigureAwait(false) is { } connection)
                {
                    return connection;
                }

                await Task.Delay(delay.Next(), options.Clock, disposed.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    // Null, and the reason in the link, when there is no connection to be had now.
    private async Task<RedisConnection?> TryDialAsync(CancellationToken cancellationToken)
    {
        RedisConnection? connection = null;
        using var timeout = new CancellationTokenSource(DialTimeout, options.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var there = address = await find(either.Token).ConfigureAwait(false);
            var stream = await Dialer.ConnectAsync(there, either.Token).ConfigureAwait(false);
            connection = new RedisConnection(stream, link, options.Clock);
            connection.Start();
            var handshake = new Handshake(connection, there, view, options.PartitionCount, isCluster);
            Server = await HearAsync(handshake.RunAsync(connections), connection, cancellationToken).ConfigureAwait(false);
            connection.Server = Server;
            Remember(Server);
            return connection;
        }
        catch (Exception error)
        {
            var end = connection is null ? null : await connection.EndAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            Distrust(DialFault.Of(error, end, address, DialTimeout));
            return null;
        }
    }

    // Each answer has its time, and not all of them together: a process that gets little of its machine needs longer for that than a server may be silent.
    private async Task<ServerProfile> HearAsync(Task<ServerProfile> handshake, RedisConnection connection, CancellationToken cancellationToken)
    {
        var begun = options.Clock.GetTimestamp();
        while (DialTimeout - connection.Silence is var left && left > TimeSpan.Zero && options.Clock.GetElapsedTime(begun) < LongestHandshake)
        {
            try
            {
                return await handshake.WaitAsync(left, options.Clock, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // Something may have come meanwhile.
            }
        }

        throw new TimeoutException();
    }

    private void Remember(ServerProfile server)
    {
        var known = new OrderedDictionary<string, long>(connections);
        known.Remove(server.RunId);
        known.Add(server.RunId, server.ConnectionId);
        if (known.Count > MaxRuns)
        {
            known.RemoveAt(0);
        }

        connections = known;
    }

    private void Distrust(StateException trouble)
    {
        if (trouble is StateMismatchException && link.Trouble?.Message != trouble.Message)
        {
            Tell(EngineEventLevel.Error, "StoreMismatch", trouble.Message, trouble);
        }

        link.Trouble = trouble;
    }

    // PINGs, so that silence means something, until the connection ends; answers why it did.
    private async Task<Exception> WatchOverAsync(RedisConnection connection)
    {
        using var timer = new PeriodicTimer(PingInterval, options.Clock);
        var end = connection.Ended;
        using var stop = new CancellationTokenSource();
        _ = end.ContinueWith(static (_, timer) => ((PeriodicTimer)timer!).Dispose(), timer, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        var tickedAt = options.Clock.GetTimestamp();
        var listensSince = tickedAt;
        var unanswered = 0;
        while (await timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(false))
        {
            // A process that itself stood still has heard nothing either: its time counts for the server only from here on.
            var ticksAt = options.Clock.GetTimestamp();
            if (options.Clock.GetElapsedTime(tickedAt, ticksAt) > LatestTick)
            {
                listensSince = ticksAt;
            }

            unanswered = connection.Silence > options.Clock.GetElapsedTime(tickedAt, ticksAt) ? unanswered + 1 : 0;
            tickedAt = ticksAt;
            if (connection.Silence > LongestSilence
                && (options.Clock.GetElapsedTime(listensSince, ticksAt) > LongestSilence || unanswered >= MaxUnanswered))
            {
                connection.Abort();
                var silent = new TimeoutException($"Nothing came for {LongestSilence.TotalSeconds:0} s.");
                await end.ConfigureAwait(false);
                return silent;
            }

            connection.TrySend(new PlainCall<bool>(static (ref _) => true, isRepeatable: false, "PING"));
        }

        return await end.ConfigureAwait(false);
    }

    private void Tell(EngineEventLevel level, string name, string message, Exception? cause) =>
        options.Log(new EngineEvent(level, name, message, cause));
}
