namespace Holdfast.Gateway.Forwarding;

/// <summary>What became of a request that was given to an instance.</summary>
internal enum Fate
{
    /// <summary>The client has its answer, or the part of it that there was, or has gone away.</summary>
    Over,

    /// <summary>No connection came about: the instance has seen nothing of it.</summary>
    NeverSent,

    /// <summary>The connection ended before the answer began: the instance may have acted on it, or not.</summary>
    Broken,

    /// <summary>The instance answered with something that is no HTTP, or not in time; another sending would not help.</summary>
    Failed,
}
