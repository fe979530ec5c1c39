using Holdfast.TestServers;

namespace Holdfast.EndToEnd.Tests.Stock;

/// <summary>The application with the two lines, on three hosts and a redis-server.</summary>
public sealed class StatelessOnRedis() : Site(StatelessOnNode.Project, count: 3, killsAfterPost: true)
{
    private RedisServer redis = null!;

    protected override async Task<string?> StartStoreAsync()
    {
        redis = await RedisServer.StartAsync();
        return redis.ConnectionString;
    }

    protected override ValueTask StopStoreAsync() => redis.DisposeAsync();
}
