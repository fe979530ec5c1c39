namespace Holdfast.Node;

/// <summary>Finds the lane of a command: the partition of its keys, or one of these.</summary>
internal static class CommandLane
{
    /// <summary>The command names no partition, and tells nothing of the state.</summary>
    public const int None = -1;

    /// <summary>The command names several.</summary>
    public const int Several = -2;

    /// <summary>The partition of the key that is the first argument.</summary>
    public static int OfFirst(WireKeys keys, Command command) => keys.Parse(command[1]).Partition;

    /// <summary>The partition of the keys that are all of the arguments.</summary>
    public static int OfAll(WireKeys keys, Command command)
    {
        var lane = None;
        for (var i = 1; i < command.Count; i++)
        {
            var partition = keys.Parse(command[i]).Partition;
            if (partition >= 0 && lane != partition)
            {
                if (lane >= 0)
                {
                    return Several;
                }

                lane = partition;
            }
        }

        return lane;
    }

    /// <summary>The partition of a function's first key.</summary>
    public static int OfFunction(WireKeys keys, Command command) =>
        command.Count > 3 && !command.Is(2, "0"u8) ? keys.Parse(command[3]).Partition : None;
}
