using Microsoft.Extensions.Primitives;

namespace Holdfast.AspNetCore.Cookies;

/// <summary>Finds one cookie in a request's <c>Cookie</c> headers (RFC 6265, 4.2) without parsing the others.</summary>
internal static class CookieHeader
{
    /// <summary>How many cookies of the name there are, and the value of the first.</summary>
    public static int Find(StringValues headers, string name, out ReadOnlySpan<char> value)
    {
        var count = 0;
        value = default;
        foreach (var header in headers)
        {
            var rest = header.AsSpan();
            while (!rest.IsEmpty)
            {
                var end = rest.IndexOf(';');
                var pair = (end < 0 ? rest : rest[..end]).Trim(' ');
                rest = end < 0 ? default : rest[(end + 1)..];
                if (pair.Length > name.Length && pair[name.Length] == '=' && pair.StartsWith(name, StringComparison.Ordinal) && ++count == 1)
                {
                    value = pair[(name.Length + 1)..].Trim('"');
                }
            }
        }

        return count;
    }
}
