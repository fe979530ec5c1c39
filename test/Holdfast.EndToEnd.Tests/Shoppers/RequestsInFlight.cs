using System.Collections.Concurrent;

namespace Holdfast.EndToEnd.Tests.Shoppers;

/// <summary>The requests that have no answer yet.</summary>
internal sealed class RequestsInFlight
{
    private readonly ConcurrentDictionary<object, TimeSpan> begun = new();

    /// <summary>When the oldest began, by <see cref="History.Now"/>; null when there is none.</summary>
    public TimeSpan? Oldest => begun.IsEmpty ? null : begun.Values.Cast<TimeSpan?>().Min();

    /// <summary>One begins.</summary>
    public object Begin()
    {
        var request = new object();
        begun[request] = History.Now;
        return request;
    }

    /// <summary>It has its answer, or will have none.</summary>
    public void End(object request) => begun.TryRemove(request, out _);
}
