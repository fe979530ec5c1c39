using Holdfast.Redis;
using Holdfast.Testing;
using Holdfast.TestServers;

namespace Holdfast.Tests.Conformance;

/// <summary>The embedded engine through the node: the Redis engine on a real <c>holdfast node</c>.</summary>
public sealed class NodeFixture : EngineFixture
{
    private NodeServer server = null!;

    /// <inheritdoc/>
    public override async ValueTask InitializeAsync() => server = await NodeServer.StartAsync();

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
    }
}
