using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>
/// The embedded engine on a folder. It dies with its callers, so nothing happens to it that they would live to see: it is closed and opened
/// again at the end of a history. What kill -9 leaves is R1's to prove, and what clients see of it the node's.
/// </summary>
public sealed class EmbeddedStore : EngineFixture
{
    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-embedded-").FullName;

    /// <summary>How a process opens it.</summary>
    public string ConnectionString => $"embedded:{folder}";

    /// <inheritdoc/>
    public override IReadOnlyList<StoreFault> Faults => [];

    /// <inheritdoc/>
    public override async ValueTask<StateEngine> OpenAsync(StateEngineOptions options) => await EmbeddedEngine.OpenAsync(folder, options.Patient());

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return base.DisposeAsync();
    }
}
