namespace Holdfast.Node;

/// <summary>Where a command's keys stand, as COMMAND tells it: from the first to the last, counted from the end if negative.</summary>
internal readonly record struct KeyPositions(int First, int Last, int Step)
{
    public static KeyPositions None => default;

    /// <summary>The first argument.</summary>
    public static KeyPositions One => new(1, 1, 1);

    /// <summary>The first key of a function, which tells the partition of all.</summary>
    public static KeyPositions OfFunction => new(FunctionCommands.FirstKey, FunctionCommands.FirstKey, 1);

    /// <summary>All arguments.</summary>
    public static KeyPositions All => new(1, -1, 1);

    /// <summary>Every other argument.</summary>
    public static KeyPositions Pairs => new(1, -1, 2);
}
