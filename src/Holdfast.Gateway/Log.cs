namespace Holdfast.Gateway;

/// <summary>What a gateway has to say, one line each.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "{Service}: instance {Instance} at {Url} is out, {Reason}.")]
    public static partial void InstanceOut(ILogger logger, string service, string instance, string url, string reason);

    [LoggerMessage(2, LogLevel.Information, "{Service}: instance {Instance} at {Url} is in again.")]
    public static partial void InstanceIn(ILogger logger, string service, string instance, string url);

    [LoggerMessage(3, LogLevel.Warning, "The store can't be reached; requests get 503 until it can. {Reason}")]
    public static partial void StoreAway(ILogger logger, string reason);

    [LoggerMessage(4, LogLevel.Information, "The instance registry is read: {Services} services, {Instances} instances.")]
    public static partial void RegistryRead(ILogger logger, int services, int instances);

    [LoggerMessage(5, LogLevel.Warning, "{Service}: instance {Instance} ended under a {Method} request, which is not repeated: 502. {Reason}")]
    public static partial void NotRepeated(ILogger logger, string service, string instance, string method, string reason);

    [LoggerMessage(6, LogLevel.Warning, "{Service}: no instance was ready within {Seconds} s: 503.")]
    public static partial void NoneReady(ILogger logger, string service, double seconds);

    [LoggerMessage(7, LogLevel.Warning, "{Service}: instance {Instance} failed a {Method} request: {Error}.")]
    public static partial void Failed(ILogger logger, string service, string instance, string method, string error);

    [LoggerMessage(8, LogLevel.Error, "The instance registry is not followed any more, and the last set known stays in use. {Reason}")]
    public static partial void RegistryLost(ILogger logger, string reason);

    [LoggerMessage(EventId = 9, Message = "{Name}: {Message}")]
    public static partial void EngineSaid(ILogger logger, LogLevel level, string name, string message);

    [LoggerMessage(10, LogLevel.Warning, "{Service}: instance {Instance} at {Url} fails what others don't, and is left alone for {Seconds} s.")]
    public static partial void Ejected(ILogger logger, string service, string instance, string url, double seconds);

    [LoggerMessage(11, LogLevel.Error, "{Service}: its settings can't be used, and it is served without any. {Problems}")]
    public static partial void SettingsRefused(ILogger logger, string service, string problems);

    [LoggerMessage(20, LogLevel.Error, "{Service}: its declaration can't be used, and until it is mended the service stays as it was declared before{With}. {Problems}")]
    public static partial void DeclarationRefused(ILogger logger, string service, string with, string problems);

    [LoggerMessage(13, LogLevel.Information, "The certificate was replaced: {Subject}, good until {NotAfter}.")]
    public static partial void CertificateReplaced(ILogger logger, string subject, DateTime notAfter);

    [LoggerMessage(14, LogLevel.Error, "The certificate has changed and can't be used; the earlier one stays. {Reason}")]
    public static partial void CertificateRefused(ILogger logger, string reason);

    [LoggerMessage(15, LogLevel.Warning, "The access log's disk was too slow: {Lines} lines are lost.")]
    public static partial void AccessLogLost(ILogger logger, long lines);

    [LoggerMessage(16, LogLevel.Error, "The access log can't be written; its lines are lost. {Reason}")]
    public static partial void AccessLogFailed(ILogger logger, string reason);

    [LoggerMessage(12, LogLevel.Warning, "{Service}: has as many requests as it can do ({Limit} at once, {Waiting} waiting); others get 503.")]
    public static partial void Overloaded(ILogger logger, string service, int limit, int waiting);

    [LoggerMessage(17, LogLevel.Warning, "{Service}: {What}, {Count} times more within {Seconds} s.")]
    public static partial void More(ILogger logger, string service, long count, double seconds, string what);

    [LoggerMessage(18, LogLevel.Warning, "{Service}: the breaker of route {Route} opens, {Failures} of {Requests} requests failed of late: others get 503, and four a second are tried.")]
    public static partial void BreakerOpened(ILogger logger, string service, string route, int failures, int requests);

    /// <summary>As loud as its opening, or who reads of that would take it for open still.</summary>
    [LoggerMessage(19, LogLevel.Warning, "{Service}: the breaker of route {Route} closes.")]
    public static partial void BreakerClosed(ILogger logger, string service, string route);

    [LoggerMessage(20, LogLevel.Error, "No connection can be taken for the moment. {Reason} If files are short: ulimit -n.")]
    public static partial void TakesNone(ILogger logger, string reason);

    [LoggerMessage(22, LogLevel.Error, "{Service}: {Reason} Files: ulimit -n; ports: net.ipv4.ip_local_port_range.")]
    public static partial void OpensNone(ILogger logger, string service, string reason);

    [LoggerMessage(21, LogLevel.Error, "The server failed to hear of a connection's end.")]
    public static partial void EndNotHeard(ILogger logger, Exception fault);
}
