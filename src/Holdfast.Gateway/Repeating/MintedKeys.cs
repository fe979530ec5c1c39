using Microsoft.AspNetCore.Http;

namespace Holdfast.Gateway.Repeating;

/// <summary>
/// Keys that the gateway gives to requests which change something and come without one
/// (draft-ietf-httpapi-idempotency-key-header), so that it can send them again: a String of a structured field with 128
/// random bits.
/// </summary>
internal static class MintedKeys
{
    public const string HeaderName = "Idempotency-Key";
    private const int RandomBytes = 16;

    /// <summary>A key, or null when the request has one of its own or changes nothing.</summary>
    public static string? For(HttpRequest request) =>
        Methods.IsSafe(request.Method) || HttpMethods.IsConnect(request.Method) || request.Headers.ContainsKey(HeaderName)
            ? null
            : $"\"gw-{Entropy.System.NextText(RandomBytes)}\"";
}
