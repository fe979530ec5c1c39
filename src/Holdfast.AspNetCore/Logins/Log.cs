using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Logins;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "What ended sign-ins leave behind could not be deleted. It counts for nothing, and expires.")]
    public static partial void NotDeleted(this ILogger logger, Exception exception);
}
