namespace Holdfast.Tests.Redis;

/// <summary>Tests that count what the whole process allocates, and so run while no other does.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
