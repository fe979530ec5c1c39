namespace Holdfast.Embedded;

/// <summary>What tests give the embedded engine otherwise: bounds that they make small, and a disk that fails.</summary>
internal sealed record EmbeddedSettings
{
    /// <inheritdoc cref="EmbeddedStore.DefaultMinLogBytes"/>
    public long MinLogBytes { get; init; } = EmbeddedStore.DefaultMinLogBytes;

    /// <summary>The disk that the store is on.</summary>
    public StoreDisk Disk { get; init; } = StoreDisk.Machine;

    /// <summary>Whether the steps of the log, of snapshots and of evictions are taken by whoever opened the engine, and not by threads.</summary>
    public bool IsStepped { get; init; }

    /// <inheritdoc cref="RequestMemory.DefaultMaxBytes"/>
    public long MaxRequestBytes { get; init; } = RequestMemory.DefaultMaxBytes;
}
