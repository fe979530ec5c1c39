using Holdfast.TestServers;

namespace Holdfast.AspNetCore.Tests;

/// <summary>Embedded engines, each in a folder of its own that goes with it.</summary>
internal static class Engines
{
    public static async Task<CountingEngine> OpenAsync(TimeProvider? clock = null)
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-aspnet-").FullName;
        var engine = await EmbeddedEngine.OpenAsync(folder, PatientOptions.Default with { Clock = clock ?? TimeProvider.System });
        return new CountingEngine(engine, () => Directory.Delete(folder, recursive: true));
    }

    /// <summary>Whatever the store holds of a kind.</summary>
    public static async Task<IReadOnlyList<Record>> RecordsAsync(this StateEngine engine, string kind)
    {
        var records = new List<Record>();
        for (var partition = 0; partition < engine.Partitions.Count; partition++)
        {
            await foreach (var record in engine.ScanAsync(partition, kind))
            {
                records.Add(record);
            }
        }

        return records;
    }
}
