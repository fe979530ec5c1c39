using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Sessions;

/// <summary>Tells of values that this version of the application can't read: each is counted, and each key logged once.</summary>
internal sealed class UnreadableValues(StateMeter meter, ILogger logger)
{
    /// <summary>Clients may be able to choose keys: after so many, no more are logged.</summary>
    private const int MaxKeys = 256;

    private readonly ConcurrentDictionary<string, byte> told = new(StringComparer.Ordinal);

    public void Tell(string key, Type type, Exception fault)
    {
        meter.ValueUnreadable();
        if (told.Count < MaxKeys && told.TryAdd(key, 0))
        {
            logger.ValueUnreadable(key, type.Name, fault);
        }
    }
}
