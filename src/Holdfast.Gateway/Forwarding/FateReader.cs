using Holdfast.Gateway.Instances;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Holdfast.Gateway.Forwarding;

/// <summary>Reads a request's fate from what YARP tells of it.</summary>
internal static class FateReader
{
    public static Fate Read(HttpContext context, ForwarderError error)
    {
        if (error == ForwarderError.None || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
        {
            return Fate.Over;
        }

        var fault = context.GetForwarderErrorFeature()?.Exception;
        return error switch
        {
            ForwarderError.Request when UpstreamClients.WasNeverSent(fault) => Fate.NeverSent,
            ForwarderError.Request when IsBadAnswer(fault) => Fate.Failed,
            ForwarderError.Request or ForwarderError.RequestBodyDestination or ForwarderError.ResponseBodyDestination => Fate.Broken,
            ForwarderError.RequestTimedOut or ForwarderError.RequestCreation or ForwarderError.ResponseHeaders => Fate.Failed,
            _ => Fate.Over,
        };
    }

    private static bool IsBadAnswer(Exception? fault) => fault is HttpRequestException
    {
        HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded,
    };
}
