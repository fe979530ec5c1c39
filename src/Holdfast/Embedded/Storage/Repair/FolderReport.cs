namespace Holdfast;

/// <summary>What <see cref="EmbeddedFolder"/> found in a store's folder.</summary>
public sealed record FolderReport
{
    /// <summary>The number of partitions.</summary>
    public required int Partitions { get; init; }

    /// <summary>What is damaged or missing, in the order in which it was read. Empty for a store that starts.</summary>
    public required IReadOnlyList<FolderDamage> Damages { get; init; }

    /// <summary>The partitions that are known to have lost something.</summary>
    public required IReadOnlyList<PartitionLoss> Losses { get; init; }

    /// <summary>How many frames of the log are missing, of whichever partitions.</summary>
    public required long MissingFrames { get; init; }

    /// <summary>Bytes of unfinished frames at the log's end, never acknowledged as synchronised. The next start cuts them off; they are no damage.</summary>
    public required long TornBytes { get; init; }

    /// <summary>How many records are there, those that have expired included.</summary>
    public required long Records { get; init; }

    /// <summary>How many commits of the log are kept.</summary>
    public required long Commits { get; init; }

    /// <summary>Where the damaged folder was copied to before it was repaired; null if nothing was changed.</summary>
    public string? Copy { get; init; }

    /// <summary>Whether the store starts.</summary>
    public bool IsSound => Damages.Count == 0;
}
