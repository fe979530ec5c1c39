using Microsoft.AspNetCore.Http;

namespace Holdfast.Gateway.Requests;

/// <summary>A request's id, by which the client, the access log and the instance speak of the same request.</summary>
internal static class RequestNames
{
    public const string HeaderName = "X-Request-Id";
    private const int LongestId = 128;
    private const int RandomBytes = 12;

    /// <summary>The client's own if it is a plain word; otherwise a new one.</summary>
    public static string Of(HttpRequest request) =>
        request.Headers.TryGetValue(HeaderName, out var values) && values is [{ Length: > 0 and <= LongestId } told] && IsPlain(told)
            ? told
            : Entropy.System.NextText(RandomBytes);

    private static bool IsPlain(string told)
    {
        foreach (var letter in told)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_' or '.' or ':' or '/' or '+' or '='))
            {
                return false;
            }
        }

        return true;
    }
}
