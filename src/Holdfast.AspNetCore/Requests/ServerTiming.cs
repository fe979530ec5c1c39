using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Requests;

/// <summary>
/// Tells a browser's developer tools what state cost the request, by the response header that W3C Server Timing defines:
/// <c>state;dur=0.412;desc="2 round trips, 812 bytes"</c>, in milliseconds. Only in development: it tells a stranger how an application works.
/// </summary>
internal static class ServerTiming
{
    private const string Header = "Server-Timing";

    public static void Tell(HttpResponse response, CountedCalls calls)
    {
        var plural = calls.RoundTrips == 1 ? "" : "s";
        response.Headers.Append(Header, string.Create(
            CultureInfo.InvariantCulture,
            $"state;dur={calls.Waited.TotalMilliseconds:0.###};desc=\"{calls.RoundTrips} round trip{plural}, {calls.Bytes} bytes\""));
    }
}
