namespace Holdfast.Embedded;

/// <summary>Bounds of the embedded engine that tests make small.</summary>
internal sealed record EmbeddedSettings
{
    /// <inheritdoc cref="EmbeddedStore.DefaultMinLogBytes"/>
    public long MinLogBytes { get; init; } = EmbeddedStore.DefaultMinLogBytes;

    /// <inheritdoc cref="RequestMemory.DefaultMaxBytes"/>
    public long MaxRequestBytes { get; init; } = RequestMemory.DefaultMaxBytes;
}
