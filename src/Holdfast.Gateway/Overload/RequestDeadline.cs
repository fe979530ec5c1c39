using System.Globalization;
using Holdfast.Gateway.Services;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Gateway.Overload;

/// <summary>
/// Until when an answer is of use. The service's deadline or, if it is sooner, what the client says in
/// <c>X-Request-Timeout-Ms</c>: milliseconds from the request's arrival. Instances get what is left of it under the same name.
/// </summary>
internal static class RequestDeadline
{
    public const string HeaderName = "X-Request-Timeout-Ms";

    /// <summary>What is over is told as this much.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromMilliseconds(1);

    private const int Longest = 24 * 60 * 60 * 1000;

    /// <summary>The time, null for none, and whether it is the client who set it.</summary>
    public static (TimeSpan? Time, bool IsClients) Of(HttpRequest request, ServiceSettings settings)
    {
        if (request.Headers.TryGetValue(HeaderName, out var values)
            && int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            && milliseconds is > 0 and <= Longest
            && TimeSpan.FromMilliseconds(milliseconds) is var asked && !(asked > settings.Deadline))
        {
            return (asked, asked != settings.Deadline);
        }

        return (settings.Deadline, false);
    }

    public static string TextOf(TimeSpan left) => ((long)Math.Max(1, left.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture);
}
