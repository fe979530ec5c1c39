using System.Globalization;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// Announces on every response of an idempotent endpoint that a request to it may be repeated under its key: to clients, and to gateways, which
/// otherwise never repeat a POST. A Dictionary of a structured field (RFC 9651): <c>window=86400, required</c>, the window in seconds.
/// </summary>
internal static class IdempotencySupport
{
    public const string HeaderName = "Idempotency-Key-Support";

    public static string Of(IdempotencyOptions options) =>
        string.Create(CultureInfo.InvariantCulture, $"window={(long)options.Window.TotalSeconds}{(options.Required ? ", required" : "")}");

    /// <summary>Sets the header when the response starts, so that error pages have it too.</summary>
    public static void AnnounceOn(IHttpResponseFeature response, string support) =>
        response.OnStarting(
            static state =>
            {
                var (response, support) = ((IHttpResponseFeature, string))state;
                response.Headers[HeaderName] = support;
                return Task.CompletedTask;
            },
            (response, support));
}
