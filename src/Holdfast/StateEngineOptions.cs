namespace Holdfast;

/// <summary>What every engine takes besides its connection string.</summary>
public sealed record StateEngineOptions
{
    /// <summary>How long a call may take unless <see cref="CommitTimeout"/> says otherwise. 5 s.</summary>
    public static readonly TimeSpan DefaultCommitTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How much memory the near cache may hold unless <see cref="NearCacheMaxBytes"/> says otherwise. 64 MiB.</summary>
    public const long DefaultNearCacheMaxBytes = 64L << 20;

    /// <summary>How old a near cache's entry may be unless <see cref="NearCacheMaxAge"/> says otherwise. 30 s.</summary>
    public static readonly TimeSpan DefaultNearCacheMaxAge = TimeSpan.FromSeconds(30);

    /// <summary>The smallest <see cref="MaxMemoryBytes"/>. 1 MiB.</summary>
    public const long MinMaxMemoryBytes = 1 << 20;

    /// <summary>The number of partitions of a store that is created; one that exists and has another number is refused. 256.</summary>
    public int PartitionCount { get; init; } = PartitionMap.DefaultCount;

    /// <summary>How long a read or a commit may take, reconnecting and repeating included, before it fails. 5 s.</summary>
    public TimeSpan CommitTimeout { get; init; } = DefaultCommitTimeout;

    /// <summary>How much memory the near cache may hold, in bytes; 0 for none. 64 MiB.</summary>
    public long NearCacheMaxBytes { get; init; } = DefaultNearCacheMaxBytes;

    /// <summary>How old an entry of the near cache may be before it is fetched again. 30 s.</summary>
    public TimeSpan NearCacheMaxAge { get; init; } = DefaultNearCacheMaxAge;

    /// <summary>
    /// Whether a read at least as new as a stamp fails with <see cref="StateLostException"/> when the store's history does
    /// not contain the stamp: it has forgotten something that it acknowledged. Otherwise what is left is answered. Either
    /// way it is counted. False.
    /// </summary>
    public bool RefuseLostStamps { get; init; }

    /// <summary>
    /// How much memory records may take in the embedded engine, in bytes: their blocks, places and index, which is most of what it takes. Null, the default, for three
    /// quarters of what this process may have. Nearing it, records of <see cref="EvictableKinds"/> go; beyond it, commits that let records grow fail with
    /// <see cref="StateFullException"/>. At least <see cref="MinMaxMemoryBytes"/>. Other engines leave memory to their store.
    /// </summary>
    public long? MaxMemoryBytes { get; init; }

    /// <summary>
    /// The kinds whose records the embedded engine may remove when memory runs out, those used least lately first: caches. None by default. Other engines refuse
    /// stores that evict.
    /// </summary>
    public IReadOnlyCollection<string> EvictableKinds { get; init; } = [];

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where randomness comes from.</summary>
    public Entropy Entropy { get; init; } = Entropy.System;

    /// <summary>Where the engine's events go: called on the engine's threads, so it must not block or throw.</summary>
    public Action<EngineEvent> Log { get; init; } = static _ => { };

    /// <summary>When a call that begins now fails, by the clock's timestamps.</summary>
    internal long CommitDeadline() => Clock.GetTimestamp() + (long)(CommitTimeout.TotalSeconds * Clock.TimestampFrequency);
}
