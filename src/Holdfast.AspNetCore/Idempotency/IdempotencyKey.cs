using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Primitives;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// Reads the header <c>Idempotency-Key</c> (draft-ietf-httpapi-idempotency-key-header): an Item of a structured field that is a String
/// (RFC 9651, 4.2.5), with parameters that mean nothing.
/// </summary>
internal static class IdempotencyKey
{
    public const string HeaderName = "Idempotency-Key";

    /// <summary>The longest key, in characters, the quotes and escapes not counted.</summary>
    public const int MaxLength = 255;

    /// <summary>Twice the key, for escapes, and some room for parameters.</summary>
    private const int MaxHeaderLength = 1024;

    private static readonly SearchValues<char> Bare =
        SearchValues.Create(Enumerable.Range('!', '~' - '!' + 1).Select(static code => (char)code).Where(static c => c is not ('"' or '\\' or ',' or ';')).ToArray());

    /// <summary>Reads the key; false, with the remedy, when the header is none.</summary>
    public static bool TryRead(StringValues header, bool acceptUnquoted, [NotNullWhen(true)] out string? key, [NotNullWhen(false)] out string? problem)
    {
        (key, problem) = (null, null);
        if (header is not [{ Length: <= MaxHeaderLength } text])
        {
            problem = $"Send one {HeaderName} header, with a key of 1 to {MaxLength} characters.";
            return false;
        }

        var item = text.AsSpan().Trim(' ');
        if (acceptUnquoted && item.Length > 0 && item[0] != '"')
        {
            key = item.ContainsAnyExcept(Bare) ? null : item.ToString();
        }
        else
        {
            key = StringOf(item, out var rest);
            key = rest.IsEmpty || AreParameters(rest) ? key : null;
        }

        if (key is { Length: > 0 and <= MaxLength })
        {
            return true;
        }

        key = null;
        problem = $"{HeaderName} must be a structured-field String (RFC 9651) of 1 to {MaxLength} characters, with its quotes: {HeaderName}: \"8e03978e-40d5-43dd-bc93-6894a57f9324\".";
        return false;
    }

    /// <summary>The quoted string that the text begins with, and what follows it; null when it begins with none.</summary>
    private static string? StringOf(ReadOnlySpan<char> text, out ReadOnlySpan<char> rest)
    {
        rest = default;
        if (text.IsEmpty || text[0] != '"')
        {
            return null;
        }

        Span<char> unescaped = stackalloc char[MaxHeaderLength];
        var length = 0;
        for (var i = 1; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '"':
                    rest = text[(i + 1)..];
                    return unescaped[..length].ToString();
                case '\\' when i + 1 < text.Length && text[i + 1] is '"' or '\\':
                    unescaped[length++] = text[++i];
                    break;
                case >= ' ' and <= '~' and not '\\':
                    unescaped[length++] = text[i];
                    break;
                default:
                    return null;
            }
        }

        return null;
    }

    /// <summary>Whether the text is parameters as RFC 9651, 3.1.2, has them; values are read as tokens or strings, which are all that matter here.</summary>
    private static bool AreParameters(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (text[0] != ';')
            {
                return false;
            }

            text = text[1..].TrimStart(' ');
            var end = text.IndexOfAnyExcept(OfParameterName);
            var name = end < 0 ? text : text[..end];
            if (name.IsEmpty || (!char.IsAsciiLetterLower(name[0]) && name[0] != '*'))
            {
                return false;
            }

            text = text[name.Length..];
            if (!text.IsEmpty && text[0] == '=' && !TrySkipValue(ref text))
            {
                return false;
            }
        }

        return true;
    }

    private static readonly SearchValues<char> OfParameterName = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.*");

    private static bool TrySkipValue(ref ReadOnlySpan<char> text)
    {
        text = text[1..];
        if (!text.IsEmpty && text[0] == '"')
        {
            return StringOf(text, out text) is not null;
        }

        var end = text.IndexOf(';');
        var value = end < 0 ? text : text[..end];
        text = text[value.Length..];
        return !value.IsEmpty && !value.ContainsAnyExcept(Bare);
    }
}
