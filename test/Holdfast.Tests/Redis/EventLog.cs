using System.Collections.Concurrent;
using System.Diagnostics;

namespace Holdfast.Tests.Redis;

/// <summary>What an engine told.</summary>
internal sealed class EventLog
{
    private readonly ConcurrentQueue<EngineEvent> events = new();

    public Action<EngineEvent> Write => events.Enqueue;

    public IEnumerable<EngineEvent> Of(string name) => events.Where(told => told.Name == name);

    /// <summary>Waits until such an event was told.</summary>
    public async Task<EngineEvent> SeeAsync(string name)
    {
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            if (Of(name).Any())
            {
                return Of(name).First();
            }

            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(60), $"The engine never told {name}, but: {string.Join(", ", events.Select(static told => told.Name))}");
            await Task.Delay(10);
        }
    }
}
