namespace Holdfast.Redis;

/// <summary>
/// Keeps the link connected: makes the first connection or says why it can't, replaces a lost one for as long as the
/// engine lives, and finds out when one has fallen silent.
/// </summary>
internal sealed class LinkKeeper(RedisAddress address, StoreLink link, StoreView view, StateEngineOptions options) : IAsyncDisposable
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PingInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>The near cache distrusts a connection after a second of silence; after two it is given up.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource disposed = new();
    private Task keeping = Task.CompletedTask;

    /// <summary>The server that the last connection led to.</summary>
    public ServerProfile Server { get; private set; } = ServerProfile.Unknown;

    /// <summary>Connects, trying for as long as a call may take.</summary>
    /// <exception cref="StateMismatchException">The server or the store is not one to use; not tried again.</exception>
    /// <exception cref="StateUnavailableException">The store was not reached in time.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var deadline = options.Clock.GetTimestamp() + (long)(options.CommitTimeout.TotalSeconds * options.Clock.TimestampFrequency);
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

    private async Task KeepAsync(RedisConnection connection)
    {
        while (true)
        {
            var reason = await WatchOverAsync(connection).ConfigureAwait(false);
            if (disposed.IsCancellationRequested)
            {
                return;
            }

            link.Trouble = new StateUnavailableException($"The connection to the store at {address} was lost: {reason.Message}", reason);
            Tell(EngineEventLevel.Warning, "ConnectionLost", link.Trouble.Message, reason);
            if (await DialAgainAsync().ConfigureAwait(false) is not { } next)
            {
                return;
            }

            connection = next;
            StateMeter.Reconnects.Add(1);
            Tell(EngineEventLevel.Information, "Reconnected", $"Connected again to {Server.Name} {Server.Version} at {address}.", null);
            link.Adopt(connection);
        }
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
            var stream = await Dialer.ConnectAsync(address, either.Token).ConfigureAwait(false);
            connection = new RedisConnection(stream, link, options.Clock);
            connection.Start();
            var handshake = new Handshake(connection, address, view, options.PartitionCount);
            Server = await handshake.RunAsync(Server).WaitAsync(either.Token).ConfigureAwait(false);
            connection.Server = Server;
            return connection;
        }
        catch (Exception error)
        {
            connection?.Abort();
            cancellationToken.ThrowIfCancellationRequested();
            Distrust(error);
            return null;
        }
    }

    private void Distrust(Exception error)
    {
        var trouble = error switch
        {
            StoreErrorException reply => reply.Error.ToException(),
            StateException fault => fault,
            OperationCanceledException => new StateUnavailableException($"The store at {address} did not answer within {DialTimeout.TotalSeconds:0} s."),
            _ => new StateUnavailableException($"The store at {address} can't be reached: {error.Message}", error),
        };
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
        while (await timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(false))
        {
            if (connection.Silence > LongestSilence)
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
