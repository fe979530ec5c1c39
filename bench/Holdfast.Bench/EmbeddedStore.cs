namespace Holdfast.Bench;

/// <summary>An embedded engine in a folder of its own, which goes with it.</summary>
internal sealed class EmbeddedStore : IAsyncDisposable
{
    private readonly string folder;

    private EmbeddedStore(string folder, EmbeddedEngine engine) => (this.folder, Engine) = (folder, engine);

    public EmbeddedEngine Engine { get; }

    public static async Task<EmbeddedStore> OpenAsync()
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-bench-").FullName;
        return new EmbeddedStore(folder, await EmbeddedEngine.OpenAsync(folder, new StateEngineOptions()));
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
