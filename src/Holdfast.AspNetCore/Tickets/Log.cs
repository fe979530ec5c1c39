using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Tickets;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Two requests at the same time each put something else into one ticket, such as refreshed tokens: what the first has put there stands.")]
    public static partial void RenewalGaveWay(this ILogger logger);
}
