namespace Holdfast.AspNetCore.Tests;

/// <summary>The cookies that a response sends.</summary>
internal static class SentCookies
{
    public const string Session = ".Holdfast";
    public const string Seen = ".Holdfast-Seen";

    public static IReadOnlyList<string> HeadersOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Set-Cookie", out var headers) ? [.. headers] : [];

    /// <summary>The header that sends the cookie, or null.</summary>
    public static string? HeaderOf(HttpResponseMessage response, string name) =>
        HeadersOf(response).SingleOrDefault(header => header.StartsWith(name + "=", StringComparison.Ordinal));

    /// <summary>The cookie as a request carries it: its name and value.</summary>
    public static string Of(HttpResponseMessage response, string name) => HeaderOf(response, name)!.Split(';')[0];

    /// <summary>All of them as a request's header carries them.</summary>
    public static string AllOf(HttpResponseMessage response) => string.Join("; ", HeadersOf(response).Select(header => header.Split(';')[0]));
}
