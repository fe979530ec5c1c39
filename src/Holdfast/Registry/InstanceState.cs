namespace Holdfast;

/// <summary>How far an instance is in its life. Only a ready one is given new requests.</summary>
public enum InstanceState
{
    /// <summary>Its process runs, and does not answer yet.</summary>
    Starting,

    /// <summary>It answers.</summary>
    Ready,

    /// <summary>It finishes the requests that it has, and gets no new ones.</summary>
    Draining,

    /// <summary>It does not answer, and is being restarted or given up.</summary>
    Failed,
}
