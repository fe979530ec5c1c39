using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Requests;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "The request's commit failed: its response is discarded, and the client is answered {StatusCode}.")]
    public static partial void CommitFailed(this ILogger logger, int statusCode, Exception exception);

    [LoggerMessage(2, LogLevel.Error, "State could not be read or written: the client is answered {StatusCode}.")]
    public static partial void StateFailed(this ILogger logger, int statusCode, Exception exception);

    [LoggerMessage(3, LogLevel.Information, "The request is answered 409, and what it was to change stays as it is: {Reason}")]
    public static partial void Conflict(this ILogger logger, string reason);
}
