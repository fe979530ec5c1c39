using Holdfast.Testing.Tests.Engines;

namespace Holdfast.Testing.Tests.Faults;

public sealed class StoppedNodeTests(NodeStore store) : StoppedStoreTests(store), IClassFixture<NodeStore>;
