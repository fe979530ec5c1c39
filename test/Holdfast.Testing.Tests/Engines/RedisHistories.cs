using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>What clients of a redis-server see while it is killed, stopped and cut off.</summary>
public sealed class RedisHistories(RedisStore store) : EngineHistories(store), IClassFixture<RedisStore>
{
    protected override int Seeds => Experiment.Count(1, 20);

    protected override string Column => "Redis";
}
