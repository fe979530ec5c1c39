using Holdfast.Testing;
using Holdfast.TestServers;

namespace Holdfast.Tests.Conformance;

/// <summary>The embedded engine on a folder that the fixture removes.</summary>
public sealed class EmbeddedFixture : EngineFixture
{
    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-conformance-").FullName;

    /// <inheritdoc/>
    public override async ValueTask<StateEngine> OpenAsync(StateEngineOptions options) => await EmbeddedEngine.OpenAsync(folder, options.Patient());

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return base.DisposeAsync();
    }
}
