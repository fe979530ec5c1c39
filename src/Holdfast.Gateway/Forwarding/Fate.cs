namespace Holdfast.Gateway.Forwarding;

/// <summary>What became of a request that was given to an instance.</summary>
internal enum Fate
{
    /// <summary>The client has its answer, or the part of it that there was, or has gone away.</summary>
    Over,

    /// <summary>No connection came about: the instance has seen nothing of it.</summary>
    NeverSent,

    /// <summary>The same, and for a reason of the gateway's own: that tells nothing of the instance.</summary>
    NotConnected,

    /// <summary>The connection ended before the answer began: the instance may have acted on it, or not.</summary>
    Broken,

    /// <summary>The instance has gone silent before the answer began, and another one may be asked.</summary>
    Silent,

    /// <summary>An earlier sending of the same request still runs, or its claim has not run out yet: the answer comes by asking again.</summary>
    StillRunning,

    /// <summary>The instance answered with something that is no HTTP, or not in time; another sending would not help.</summary>
    Failed,

    /// <summary>No answer came, and that tells nothing of the instance: the client gave it too little time, or asked for what the service does not speak.</summary>
    NotServed,

    /// <summary>The client's body could not be read.</summary>
    BadRequest,
}
