using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Cookies;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "What a client carries, by cookie or header, was rejected ({Reason}); it counts as none.")]
    public static partial void CookieRejected(this ILogger logger, string reason);

    [LoggerMessage(2, LogLevel.Warning, "Data-protection key {KeyId} can't be used for cookies; those sealed under it count as none.")]
    public static partial void KeyUnusable(this ILogger logger, Guid keyId, Exception exception);

    [LoggerMessage(3, LogLevel.Error, "The data-protection ring could not be read again; its keys as they were go on serving.")]
    public static partial void RingUnread(this ILogger logger, Exception exception);

    [LoggerMessage(4, LogLevel.Error, "The store has forgotten something that it had acknowledged: a client was shown {Stamp}, and the partition is at {At}.")]
    public static partial void StampLost(this ILogger logger, Stamp stamp, Stamp at);

    [LoggerMessage(5, LogLevel.Debug, "What a client carries is of version {Version}, which a later release wrote: it counts as none, and stays with the client.")]
    public static partial void CookieOfLaterRelease(this ILogger logger, byte version);
}
