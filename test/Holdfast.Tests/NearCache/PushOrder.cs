namespace Holdfast.Tests.NearCaching;

/// <summary>When a store tells of changes.</summary>
public enum PushOrder
{
    /// <summary>Before all replies that know of them.</summary>
    InOrder,

    /// <summary>Behind replies that wait to be delivered.</summary>
    AfterReplies,

    /// <summary>Never.</summary>
    None,
}
