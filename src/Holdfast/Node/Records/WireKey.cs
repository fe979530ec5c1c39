namespace Holdfast.Node;

/// <summary>A key, taken apart.</summary>
/// <param name="Kind">What it names.</param>
/// <param name="Partition">The partition of its tag; -1 when it has none.</param>
/// <param name="Address">The record, of a <see cref="WireKeyKind.Record"/> or a <see cref="WireKeyKind.Plain"/>.</param>
/// <param name="Name">What follows <c>@client:</c> or <c>@req:</c>.</param>
internal readonly record struct WireKey(WireKeyKind Kind, int Partition, Address Address = default, string? Name = null);
