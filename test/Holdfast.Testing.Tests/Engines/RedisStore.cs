using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>A real redis-server that writes before it answers.</summary>
public sealed class RedisStore : ProxiedStore
{
    private RedisServer server = null!;

    /// <inheritdoc/>
    public override string ConnectionString => Proxy.ConnectionString;

    /// <inheritdoc/>
    public override Task<int> PidAsync() => Task.FromResult(server.Pid);

    /// <inheritdoc/>
    public override async ValueTask InitializeAsync()
    {
        server = await RedisServer.StartAsync(isTcp: true, isDurable: true);
        Proxy = new FaultProxy(server.Port);
    }

    /// <inheritdoc/>
    public override async ValueTask RestartStoreAsync()
    {
        await server.KillAsync();
        await server.RestartAsync();
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await server.DisposeAsync();
    }
}
