using Holdfast.TestServers;

namespace Holdfast.Tests.Node.Commands;

/// <summary>A node and a real redis-server, asked the same.</summary>
public sealed class Twins : IAsyncLifetime
{
    private readonly NodeHost node = new() { Options = new() { Durability = Durability.Written } };
    private RedisServer redis = null!;

    public async ValueTask InitializeAsync()
    {
        await node.InitializeAsync();
        redis = await RedisServer.StartAsync();
    }

    /// <summary>Connects to both.</summary>
    /// <param name="protocol">2 or 3.</param>
    internal TwinClients Connect(int protocol) => new(node.Connect(), RawClient.OnSocket(redis.SocketPath), protocol);

    /// <summary>Connects to both, for any bytes.</summary>
    internal (RawClient Node, RawClient Redis) Connect() => (node.Connect(), RawClient.OnSocket(redis.SocketPath));

    public async ValueTask DisposeAsync()
    {
        await redis.DisposeAsync();
        await node.DisposeAsync();
    }
}
