using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>A real <c>holdfast node</c>.</summary>
public sealed class NodeStore : ProxiedStore
{
    private NodeServer server = null!;

    /// <inheritdoc/>
    public override string ConnectionString => $"redis://:{NodeServer.Password}@127.0.0.1:{Proxy.Port}";

    /// <inheritdoc/>
    public override Task<int> PidAsync() => Task.FromResult(server.Pid);

    /// <inheritdoc/>
    public override async ValueTask InitializeAsync()
    {
        server = await NodeServer.StartAsync();
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
