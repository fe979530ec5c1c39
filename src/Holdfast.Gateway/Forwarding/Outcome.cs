using Holdfast.Gateway.Instances;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Gateway.Forwarding;

/// <summary>What became of one sending.</summary>
/// <param name="Fate">The class of it.</param>
/// <param name="Status">The instance's status, when it gave one; otherwise the one that the client should get, if any.</param>
/// <param name="Reason">For the log.</param>
/// <param name="RetryAfter">When to come again, for <see cref="Fate.StillRunning"/>.</param>
internal readonly record struct Outcome(Fate Fate, int Status, string Reason, TimeSpan RetryAfter = default)
{
    public static readonly Outcome Gone = new(Fate.Over, 0, "the client went away");

    public static Outcome Answered(int status) => new(Fate.Over, status, "");

    /// <summary>Reads it from what the HTTP client threw before an answer began.</summary>
    public static Outcome Of(Exception fault) => fault switch
    {
        HttpRequestException failed when UpstreamClients.IsOwnLimit(failed) => new(Fate.NotConnected, StatusCodes.Status503ServiceUnavailable, failed.InnerException!.Message),
        HttpRequestException failed when UpstreamClients.WasNeverSent(failed) => new(Fate.NeverSent, StatusCodes.Status502BadGateway, failed.Message),
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded } failed =>
            new(Fate.Failed, StatusCodes.Status502BadGateway, failed.Message),
        HttpRequestException or IOException or HttpProtocolException => new(Fate.Broken, StatusCodes.Status502BadGateway, fault.GetBaseException().Message),
        _ => new(Fate.Failed, StatusCodes.Status502BadGateway, fault.Message),
    };
}
