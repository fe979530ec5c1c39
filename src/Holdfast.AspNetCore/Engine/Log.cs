using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Engine;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "State lives in this process, in {Folder}: neither HOLDFAST_STATE nor Holdfast:State names a store that other instances share.")]
    public static partial void EmbeddedInProcess(this ILogger logger, string folder);

    [LoggerMessage(2, LogLevel.Information, "State engine {Engine} is open; acknowledged commits are {Durability}.")]
    public static partial void EngineOpen(this ILogger logger, string engine, Durability durability);

    [LoggerMessage(3, LogLevel.Critical, "The store that {Source} names can't be opened: {Problem}")]
    public static partial void OpenFailed(this ILogger logger, string source, string problem);

    [LoggerMessage(4, LogLevel.Debug, "Closing the state engine failed.")]
    public static partial void CloseFailed(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 5, Message = "{Name}: {Message}", EventName = "EngineEvent")]
    public static partial void Tell(this ILogger logger, LogLevel level, string name, string message, Exception? exception);
}
