using System.Buffers.Text;
using System.Text;

namespace Holdfast.Gateway.Instances;

/// <summary>
/// Whether what an instance has sent so far is an answer to its end (RFC 9112, section 6.3). Of what is in doubt it is said that it is not: the HTTP client
/// reads the answer in any case, and what it makes of it decides.
/// </summary>
internal static class WholeAnswer
{
    private const int StatusAt = 9;
    private const int StatusLetters = 3;

    /// <param name="said">Everything that it has sent.</param>
    /// <param name="fieldsAt">Where the answer's fields begin. Those that only announce it (1xx) lie before.</param>
    /// <param name="wantsNoMore">
    /// Whether it is an error or leads elsewhere, or says that the connection ends behind it. Who has well received the first of a body may read the rest.
    /// </param>
    public static bool Is(ReadOnlySpan<byte> said, out int fieldsAt, out bool wantsNoMore)
    {
        wantsNoMore = false;
        for (fieldsAt = 0; ;)
        {
            var head = said[fieldsAt..];
            var end = head.IndexOf("\r\n\r\n"u8);
            if (end < StatusAt + StatusLetters || !head.StartsWith("HTTP/1."u8)
                || !Utf8Parser.TryParse(head.Slice(StatusAt, StatusLetters), out int status, out var letters) || letters != StatusLetters || status == 101)
            {
                return false;
            }

            var body = head[(end + 4)..];
            if (status is >= 100 and < 200)
            {
                fieldsAt = said.Length - body.Length;
                continue;
            }

            var firstField = head.IndexOf("\r\n"u8) + 2;
            fieldsAt += firstField;
            var isWhole = IsWhole(body, fields: head[Math.Min(firstField, end)..end], out var endsConnection);
            wantsNoMore = status >= 300 || endsConnection;
            return isWhole || status is 204 or 304;
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> body, ReadOnlySpan<byte> fields, out bool endsConnection)
    {
        endsConnection = false;
        ulong? length = null;
        var isChunked = false;
        foreach (var line in fields.Split("\r\n"u8))
        {
            var field = fields[line];
            var colon = Math.Max(field.IndexOf((byte)':'), 0);
            var name = field[..colon];
            var text = field[colon..].TrimStart(": \t"u8).TrimEnd(" \t"u8);
            if (Ascii.EqualsIgnoreCase(name, "Connection"u8))
            {
                endsConnection |= Ascii.EqualsIgnoreCase(text, "close"u8);
            }
            else if (Ascii.EqualsIgnoreCase(name, "Transfer-Encoding"u8))
            {
                isChunked = Ascii.EqualsIgnoreCase(text, "chunked"u8);
                length = ulong.MaxValue;
            }
            else if (Ascii.EqualsIgnoreCase(name, "Content-Length"u8))
            {
                length = length is null && Utf8Parser.TryParse(text, out ulong told, out var letters) && letters == text.Length ? told : ulong.MaxValue;
            }
        }

        return isChunked ? HasLastChunk(body) : length <= (ulong)body.Length;
    }

    private static bool HasLastChunk(ReadOnlySpan<byte> body)
    {
        while (true)
        {
            var size = body.IndexOf("\r\n"u8);
            if (size < 0 || !Utf8Parser.TryParse(body[..size], out int bytes, out _, 'X') || bytes < 0)
            {
                return false;
            }

            body = body[(size + 2)..];
            if (bytes == 0)
            {
                // Trailers may come first.
                return body.StartsWith("\r\n"u8) || body.IndexOf("\r\n\r\n"u8) >= 0;
            }

            if (body.Length - 2 < bytes)
            {
                return false;
            }

            body = body[(bytes + 2)..];
        }
    }
}
