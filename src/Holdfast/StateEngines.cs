using Holdfast.Redis;

namespace Holdfast;

/// <summary>Opens the engine that a text names: <c>state:</c> of a topology, or <c>HOLDFAST_STATE</c>.</summary>
public static class StateEngines
{
    private const string Embedded = "embedded:";

    /// <summary>Opens a store; one that does not exist yet is created.</summary>
    /// <param name="state">
    /// <c>embedded:FOLDER</c> for the embedded engine in this process; or, for Redis 7 or later, Valkey and
    /// <c>holdfast node</c>, <c>redis://[user:password@]host[:port][/db]</c>, <c>rediss://…</c> for TLS,
    /// <c>redis+sentinel://host[:port],…/NAME</c>, <c>redis+unix://[[user]:password@]/path/to/socket</c>, or
    /// <c>host:port,password=…,ssl=true</c> as StackExchange.Redis takes it.
    /// </param>
    /// <param name="options">What every engine takes; the defaults if null.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ArgumentException">The text has none of these forms. The message does not repeat it: it may hold a password.</exception>
    /// <exception cref="StateUnavailableException">The store was not reached within <see cref="StateEngineOptions.CommitTimeout"/>.</exception>
    /// <exception cref="StateMismatchException">The store is not one that this version and these options may use.</exception>
    /// <exception cref="StateCorruptException">The store in the folder is damaged.</exception>
    public static async ValueTask<StateEngine> OpenAsync(
        string state, StateEngineOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(state);
        options ??= new StateEngineOptions();
        if (state.StartsWith(Embedded, StringComparison.Ordinal) && state.Length > Embedded.Length)
        {
            return await EmbeddedEngine.OpenAsync(state[Embedded.Length..], options, cancellationToken).ConfigureAwait(false);
        }

        if (RedisAddress.IsOne(state))
        {
            return await RedisEngine.OpenAsync(state, options, cancellationToken).ConfigureAwait(false);
        }

        throw new ArgumentException(
            "No engine opens this store: name embedded:FOLDER, redis://[user:password@]host[:port][/db], rediss://… for TLS, "
            + "redis+sentinel://host[:port],…/NAME, redis+unix://[[user]:password@]/path/to/socket, or host:port,password=… as StackExchange.Redis takes it.",
            nameof(state));
    }
}
