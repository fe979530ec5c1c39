namespace Holdfast.Node;

/// <summary>What the parser made of the bytes so far.</summary>
internal enum ParseOutcome
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    /// <summary>A whole command stands in the buffer.</summary>
    Complete,

    /// <summary>The bytes break the protocol: the connection can't go on.</summary>
    Failed,
}
