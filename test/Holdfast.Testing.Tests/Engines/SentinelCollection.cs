namespace Holdfast.Testing.Tests.Engines;

/// <summary>Its tests use one store, one after the other: it takes seconds to make.</summary>
[CollectionDefinition(nameof(SentinelStore))]
public sealed class SentinelCollection : ICollectionFixture<SentinelStore>;
