using System.Collections.Concurrent;
using System.Diagnostics;

namespace Holdfast.Tests.Redis;

/// <summary>What an engine told.</summary>
internal sealed class EventLog
{
    private readonly ConcurrentQueue<EngineEvent> events = new();

    public Action<EngineEvent> Write => events.Enqueue;

    public IEnumerable<EngineEvent> Of(string name) => events.Where(told => told.Name == name);

    /// <summary>Waits until such an event was told, with this in its message.</summary>
    public async Task<EngineEvent> SeeAsync(string name, string message = "")
    {
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            foreach (var seen in Of(name).Where(told => told.Message.Contains(message, StringComparison.OrdinalIgnoreCase)))
            {
                return seen;
            }

            Assert.True(
                deadline.Elapsed < TimeSpan.FromSeconds(60),
                $"The engine never told {name} '{message}', but: {string.Join('\n', events.Select(static told => $"{told.Name} {told.Message}"))}");
            await Task.Delay(10);
        }
    }
}
