namespace Holdfast.Node;

/// <summary>How a command is ordered after the commits that its connection has under way.</summary>
internal enum CommandOrder
{
    /// <summary>Not at all: it tells nothing of the state.</summary>
    Free,

    /// <summary>After those of its partition.</summary>
    InLane,

    /// <summary>After all of them.</summary>
    AfterAll,
}
