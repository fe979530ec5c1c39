using System.Globalization;
using System.Text;

namespace Holdfast.AspNetCore.Sessions;

/// <summary>
/// How a session's keys stand as fields of its record: as they are, except that those that are empty or begin with
/// <c>.</c> or <c>@</c> get <c>.=</c> before them. Fields that begin with <c>.</c> and a letter are Holdfast's own.
/// </summary>
internal static class SessionFields
{
    /// <summary>When the session was created: milliseconds since 1970 (UTC), decimal. A renewed session keeps it.</summary>
    public const string Created = ".created";

    private const string Escape = ".=";

    public static string NameOf(string key) => key.Length == 0 || key[0] is '.' or '@' ? Escape + key : key;

    /// <summary>The application's key that the field stands for; null for Holdfast's own.</summary>
    public static string? KeyOf(string field) =>
        field[0] != '.' ? field
        : field.StartsWith(Escape, StringComparison.Ordinal) ? field[Escape.Length..]
        : null;

    /// <summary>Whether one key and its value can be stored at all; the whole session's size is checked by the store.</summary>
    /// <exception cref="StateLimitException">The key or the value is too large.</exception>
    public static void CheckLimits(string key, byte[] value)
    {
        if (Encoding.UTF8.GetByteCount(NameOf(key)) > StateLimits.MaxFieldNameBytes)
        {
            throw new StateLimitException($"A session's key has at most {StateLimits.MaxFieldNameBytes - Escape.Length} bytes of UTF-8.");
        }

        if (value.Length > StateLimits.MaxRecordBytes)
        {
            throw new StateLimitException($"A session holds at most {StateLimits.MaxRecordBytes} bytes, and '{key}' alone has {value.Length}.");
        }
    }

    /// <summary>When the session was created; null when the record does not say.</summary>
    public static DateTimeOffset? CreatedOf(Record record) =>
        long.TryParse(record.Text(Created), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
        && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;

    public static string Format(DateTimeOffset created) => created.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
}
