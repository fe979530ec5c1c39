using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.DataProtection;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Stored {Element} in the data-protection ring.")]
    public static partial void Stored(this ILogger logger, string element);

    [LoggerMessage(2, LogLevel.Information, "Another instance has just created a data-protection key; this instance uses that one, and its own is dropped.")]
    public static partial void KeyDropped(this ILogger logger);
}
