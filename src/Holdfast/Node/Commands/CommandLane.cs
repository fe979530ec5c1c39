namespace Holdfast.Node;

/// <summary>Finds the lane of a command: the partition of its keys, or one of these.</summary>
internal static class CommandLane
{
    /// <summary>The command names no partition, and tells nothing of the state.</summary>
    public const int None = -1;

    /// <summary>The command names several.</summary>
    public const int Several = -2;

    /// <summary>The lane of a command.</summary>
    /// <param name="spec">The command's specification.</param>
    /// <param name="keys">Takes keys apart.</param>
    /// <param name="command">The command.</param>
    /// <param name="first">Becomes its key, if it is of one.</param>
    public static int Of(CommandSpec spec, WireKeys keys, in Command command, CommandKey first)
    {
        var positions = spec.Keys;
        if (spec.Order != CommandOrder.InLane || command.Count <= positions.First)
        {
            first.Forget();
            return None;
        }

        if (positions != KeyPositions.One)
        {
            first.Forget();
            return OfMany(positions, keys, command);
        }

        first.Read(command[1]);
        return first.Partition;
    }

    private static int OfMany(in KeyPositions positions, WireKeys keys, in Command command)
    {
        var lane = None;
        var last = positions.Last < 0 ? command.Count + positions.Last : positions.Last;
        for (var i = positions.First; i <= last; i += positions.Step)
        {
            var partition = keys.PartitionOf(command[i]);
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
}
