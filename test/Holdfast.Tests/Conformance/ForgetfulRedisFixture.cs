namespace Holdfast.Tests.Conformance;

/// <summary>The Redis engine on a redis-server that keeps everything in memory, and says so.</summary>
public sealed class ForgetfulRedisFixture : RedisFixture
{
    /// <inheritdoc/>
    protected override bool IsDurable => false;
}
