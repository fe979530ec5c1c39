namespace Holdfast.Redis;

/// <summary>How a stamp stands to a moment at which something was read.</summary>
internal enum StampVerdict
{
    /// <summary>What was read knows of it.</summary>
    Contained,

    /// <summary>The store has it, and what was read does not know of it: it is to be read again.</summary>
    Later,

    /// <summary>The store has lost it, and that was told.</summary>
    Lost,
}
