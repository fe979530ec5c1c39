namespace Holdfast.Redis;

/// <summary>Finds out, before anything else, whether the named servers are a cluster's or one that stands alone.</summary>
internal static class StoreProbe
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>Opens the way to the store that the address names, trying for as long as a call may take.</summary>
    /// <exception cref="StateMismatchException">The server or the store is not one to use; not tried again.</exception>
    /// <exception cref="StateUnavailableException">The store was not reached in time.</exception>
    public static async Task<StoreRoutes> OpenAsync(
        RedisAddress address, StoreView view, SignalTable signals, StateEngineOptions options, CancellationToken cancellationToken)
    {
        var deadline = options.CommitDeadline();
        StoreRoutes routes = address.ServiceName is null && await IsClusterAsync(address, options, deadline, cancellationToken).ConfigureAwait(false)
            ? new ClusterRoutes(address, view, signals, options)
            : new LoneRoutes(address, view, signals, options);
        try
        {
            await routes.OpenAsync(deadline, cancellationToken).ConfigureAwait(false);
            return routes;
        }
        catch
        {
            await routes.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<bool> IsClusterAsync(RedisAddress address, StateEngineOptions options, long deadline, CancellationToken cancellationToken)
    {
        var delay = new Backoff(FirstDelay, LongestDelay, options.Entropy);
        for (var turn = 0; ; turn++)
        {
            try
            {
                var there = address.At(address.Places[turn % address.Places.Count]);
                var inquiry = await Inquiry.OpenAsync(there, options.Clock, LinkKeeper.DialTimeout, cancellationToken).ConfigureAwait(false);
                await using var closing = inquiry.ConfigureAwait(false);
                return inquiry.Hello.TryGetValue("mode", out var mode) && mode == "cluster";
            }
            catch (StateException fault) when (fault is not StateMismatchException)
            {
                if (options.Clock.GetTimestamp() > deadline)
                {
                    throw new StateUnavailableException(fault.Message, fault);
                }
            }

            await Task.Delay(delay.Next(), options.Clock, cancellationToken).ConfigureAwait(false);
        }
    }
}
