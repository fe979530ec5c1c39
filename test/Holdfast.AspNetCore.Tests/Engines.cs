namespace Holdfast.AspNetCore.Tests;

/// <summary>Embedded engines, each in a folder of its own that goes with it.</summary>
internal static class Engines
{
    public static async Task<CountingEngine> OpenAsync(TimeProvider? clock = null)
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-aspnet-").FullName;
        var engine = await EmbeddedEngine.OpenAsync(folder, new StateEngineOptions { Clock = clock ?? TimeProvider.System });
        return new CountingEngine(engine, () => Directory.Delete(folder, recursive: true));
    }
}
