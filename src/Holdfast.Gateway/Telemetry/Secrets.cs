using System.Collections.Frozen;
using System.Text;

namespace Holdfast.Gateway.Telemetry;

/// <summary>
/// Takes the values out of a query that open something to whoever reads them, such as the <c>access_token</c> of a
/// WebSocket, which can't have an Authorization field. They are told by their names, in which letter case, <c>-</c> and
/// <c>_</c> mean nothing.
/// </summary>
internal static class Secrets
{
    private const string Mask = "***";

    /// <summary>What a name ends with.</summary>
    private static readonly string[] Ends = ["token", "key", "secret", "signature", "password", "credential", "assertion"];

    /// <summary>Names that are so common as a part of others that the whole of it decides.</summary>
    private static readonly FrozenSet<string> Names = new[] { "code", "sig", "pwd", "passwd", "pass", "auth", "authorization", "jwt", "otp", "ticket", "session", "sessionid", "sid", "samlresponse" }
        .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The address or target, with <c>***</c> for each such value of its query.</summary>
    public static string Masked(string address)
    {
        var query = address.IndexOf('?', StringComparison.Ordinal);
        return query < 0 || address.IndexOf('=', query) < 0 ? address : MaskedSlow(address, query + 1);
    }

    private static string MaskedSlow(string address, int from)
    {
        var masked = new StringBuilder(address, 0, from, address.Length);
        while (from < address.Length)
        {
            var length = address.AsSpan(from).IndexOfAny('&', ';');
            var part = length < 0 ? address.AsSpan(from) : address.AsSpan(from, length + 1);
            var equals = part.IndexOf('=');
            if (equals > 0 && IsSecret(part[..equals]))
            {
                masked.Append(part[..(equals + 1)]).Append(Mask).Append(length < 0 ? "" : part[^1..]);
            }
            else
            {
                masked.Append(part);
            }

            from += part.Length;
        }

        return masked.ToString();
    }

    private static bool IsSecret(ReadOnlySpan<char> written)
    {
        var name = Uri.UnescapeDataString(written).Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
        return Names.Contains(name) || Ends.Any(end => name.EndsWith(end, StringComparison.Ordinal));
    }
}
