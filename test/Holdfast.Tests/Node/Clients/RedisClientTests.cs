namespace Holdfast.Tests.Node.Clients;

/// <summary>The clients that programs in JavaScript use, and a session store on one of them: with all that they ask for when they connect, and over a crash of the node.</summary>
public sealed class RedisClientTests(RedisClients clients) : IClassFixture<RedisClients>
{
    [Theory]
    [InlineData("redis")]
    [InlineData("rediss")]
    [InlineData("unix")]
    public Task Ioredis_works_and_finds_its_way_back(string way) => clients.RunAsync("ioredis.mjs", way, 2);

    [Theory]
    [InlineData("redis", 2)]
    [InlineData("rediss", 3)]
    [InlineData("unix", 3)]
    public Task Node_redis_works_and_finds_its_way_back(string way, int protocol) => clients.RunAsync("node-redis.mjs", way, protocol);

    [Theory]
    [InlineData("redis")]
    [InlineData("rediss")]
    public Task Sessions_of_express_live_in_the_node_and_outlive_it(string way) => clients.RunAsync("express.mjs", way, 2);
}
