namespace Holdfast.Testing.Tests.Engines;

/// <summary>Tests on a segment of networks, one after the other: a process has one at a time.</summary>
[CollectionDefinition(nameof(SplitStore))]
public sealed class SplitCollection;
