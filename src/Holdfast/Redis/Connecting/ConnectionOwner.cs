using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>Who a connection is for: it is told what comes on it, and when it is lost.</summary>
internal abstract class ConnectionOwner
{
    /// <summary>Whether calls wait for room in the connection.</summary>
    public virtual bool HasWaiting => false;

    /// <summary>The connection has sent what it had: there is room again.</summary>
    public virtual void OnSent()
    {
    }

    /// <summary>A reply came. On the connection's reader.</summary>
    public abstract void OnReply(RedisConnection connection, StoreCall call, RespReader reader);

    /// <summary>A push came. On the connection's reader.</summary>
    public abstract void OnPush(RedisConnection connection, ref RespReader reader);

    /// <summary>The connection is lost; these calls have had no reply. On the connection's reader, as its last act.</summary>
    public abstract void OnLost(RedisConnection connection, IReadOnlyList<StoreCall> unanswered);
}
