using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Idempotency;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "A request under an Idempotency-Key: {Outcome}.")]
    public static partial void KeyAnswered(this ILogger logger, string outcome);

    [LoggerMessage(2, LogLevel.Information, "An earlier run of a request ended without a response: it is run again.")]
    public static partial void ClaimTakenOver(this ILogger logger);

    [LoggerMessage(3, LogLevel.Warning, "There is no room for another Idempotency-Key: its partition has used up its share, and all of them what they have in common. Requests are answered 503. Raise HoldfastOptions.MaxIdempotencyBytes, or shorten windows and responses.")]
    public static partial void KeysFull(this ILogger logger);

    [LoggerMessage(4, LogLevel.Warning, "A request lost the claim on its Idempotency-Key while it ran, and commits nothing: a repetition runs it, or it took longer than the key is remembered.")]
    public static partial void ClaimLost(this ILogger logger);
}
