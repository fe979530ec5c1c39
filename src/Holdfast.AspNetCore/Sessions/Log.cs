using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Sessions;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "A cookie names a session that has ended; the client gets a new one if it needs one.")]
    public static partial void SessionGone(this ILogger logger);

    [LoggerMessage(2, LogLevel.Warning, "The session's expiry could not be moved; unless a later request does it, the session ends early.")]
    public static partial void TouchFailed(this ILogger logger, Exception exception);

    [LoggerMessage(3, LogLevel.Debug, "The changes of a session by a {Reason} are not committed: only its expiry is moved.")]
    public static partial void ChangesIgnored(this ILogger logger, string reason);

    [LoggerMessage(5, LogLevel.Warning, "The session's key '{Key}' holds no {Type} that this version of the application can read: it counts as absent, and stays until it is set. Told once for each key.")]
    public static partial void ValueUnreadable(this ILogger logger, string key, string type, Exception exception);

    [LoggerMessage(6, LogLevel.Warning, "A session was moved from the distributed cache, but could not be deleted there: it stays until it expires.")]
    public static partial void StockSessionLeft(this ILogger logger, Exception exception);

    [LoggerMessage(4, LogLevel.Warning, "Two requests of a session at once have read and then set its key '{Key}': the later one's value stands. SessionConcurrency says what else could be done.")]
    public static partial void KeyOverwritten(this ILogger logger, string key);

    [LoggerMessage(5, LogLevel.Warning, "It could not be seen whether a session has expired; that is tried again.")]
    public static partial void NotLookedAt(this ILogger logger, Exception exception);
}
