using Microsoft.AspNetCore.Http;

namespace Holdfast.Gateway.Repeating;

/// <summary>What RFC 9110, section 9.2, says of methods.</summary>
internal static class Methods
{
    /// <summary>Whether once and several times have the same effect.</summary>
    public static bool IsIdempotent(string method) =>
        IsSafe(method) || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method);

    /// <summary>Whether it changes nothing. QUERY is that of draft-ietf-httpbis-safe-method-w-body.</summary>
    public static bool IsSafe(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || method == "QUERY";
}
