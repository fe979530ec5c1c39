using System.Globalization;

namespace Holdfast.Cli.Prove.Browsing;

/// <summary>A cookie as a server sets it (RFC 6265, 5.2).</summary>
internal sealed record Cookie(string Name, string Value, string Path)
{
    /// <summary>Whether the server removes the cookie: its lifetime is over as it comes.</summary>
    public bool IsRemoval { get; init; }

    /// <summary>The cookie of a Set-Cookie header; null for one that browsers ignore.</summary>
    /// <param name="header">The header's value.</param>
    /// <param name="requestPath">The path that the answer came from.</param>
    /// <param name="now">The time, by which a lifetime may be over.</param>
    public static Cookie? Parse(string header, string requestPath, DateTimeOffset now)
    {
        var parts = header.Split(';');
        var equals = parts[0].IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            return null;
        }

        var cookie = new Cookie(parts[0][..equals].Trim(), parts[0][(equals + 1)..].Trim(), DefaultPath(requestPath));
        bool? isOver = null;
        foreach (var part in parts.Skip(1))
        {
            var pair = part.Split('=', 2);
            var value = pair.Length == 2 ? pair[1].Trim() : "";
            switch (pair[0].Trim().ToLowerInvariant())
            {
                case "path" when value.StartsWith('/'):
                    cookie = cookie with { Path = value };
                    break;
                case "max-age" when long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds):
                    isOver = seconds <= 0;
                    break;
                case "expires" when isOver is null && DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires):
                    isOver = expires <= now;
                    break;
            }
        }

        return cookie with { IsRemoval = isOver ?? false };
    }

    /// <summary>Whether a request for the path carries the cookie (RFC 6265, 5.1.4).</summary>
    public bool Covers(string path) =>
        path == Path || (path.StartsWith(Path, StringComparison.Ordinal) && (Path.EndsWith('/') || path[Path.Length] == '/'));

    private static string DefaultPath(string path) => path.LastIndexOf('/') is var end and > 0 ? path[..end] : "/";
}
