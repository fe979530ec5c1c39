namespace Holdfast.Redis;

/// <summary>What a reply means for its call.</summary>
internal enum ReplyVerdict
{
    /// <summary>The call is settled.</summary>
    Settled,

    /// <summary>The partition's term is of another tenure than the connection's: open one, and repeat.</summary>
    TermUnknown,

    /// <summary>What the reply leaves out can't be made up for: ask again.</summary>
    Incomplete,
}
