using Holdfast.Testing;
using Holdfast.TestServers;

namespace Holdfast.Tests.Conformance;

/// <summary>The Redis engine on a redis-server that writes before it answers.</summary>
public class RedisFixture : EngineFixture
{
    private RedisServer server = null!;

    /// <summary>Whether the server keeps what it acknowledges.</summary>
    protected virtual bool IsDurable => true;

    /// <inheritdoc/>
    public override async ValueTask InitializeAsync() => server = await RedisServer.StartAsync(isDurable: IsDurable);

    /// <inheritdoc/>
    public override async ValueTask<StateEngine> OpenAsync(StateEngineOptions options) =>
        await RedisEngine.OpenAsync(server.ConnectionString, options.Patient());

    /// <inheritdoc/>
    public override async ValueTask RestartStoreAsync()
    {
        await server.KillAsync();
        await server.RestartAsync();
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
