namespace Holdfast.AspNetCore;

/// <summary>
/// What happens when requests of one session run at the same time. Different keys always merge; this is about a key that a
/// request has read and then sets or removes, while another request changes it.
/// </summary>
public enum SessionConcurrency
{
    /// <summary>The later commit's value stands; that it overwrote another is logged and counted. The default.</summary>
    Merge,

    /// <summary>
    /// The later request is answered 409, and nothing of its commit is made. Where the request changes something in other partitions too, which is committed
    /// before the session, the session is looked at ahead, for one more round trip; only a conflict in the moment between finds those changes made.
    /// </summary>
    Detect,

    /// <summary>
    /// The requests of a session that use it run one at a time, on whatever instances, by a lease that a crashed instance frees
    /// within 10 s. One that waits for 30 s is answered 503. A turn ends with the request's commit, ahead of the response's first byte, however long a stream or WebSocket
    /// goes on. Costs a round trip for each request that uses the session, two if it changes nothing, and the waiting.
    /// </summary>
    Serialize,
}
