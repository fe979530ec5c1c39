using System.Diagnostics;

namespace Holdfast.Tests.Redis;

/// <summary>Engines whose calls have so little time that on a busy machine the first attempts to open one may fail.</summary>
internal static class HastyEngines
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    public static async Task<RedisEngine> OpenAsync(string connectionString, StateEngineOptions options)
    {
        var patience = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return await RedisEngine.OpenAsync(connectionString, options);
            }
            catch (StateUnavailableException) when (patience.Elapsed < Patience)
            {
                // Again.
            }
        }
    }
}
