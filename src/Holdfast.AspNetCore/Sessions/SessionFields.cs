using System.Globalization;
using System.Text;
using Holdfast.AspNetCore.Logins;

namespace Holdfast.AspNetCore.Sessions;

/// <summary>
/// How a session's keys stand as fields of its record: as they are, except that those that are empty or begin with
/// <c>.</c> or <c>@</c> get <c>.=</c> before them. Fields that begin with <c>.</c> and a letter are Holdfast's own.
/// </summary>
internal static class SessionFields
{
    /// <summary>When the session was created: milliseconds since 1970 (UTC), decimal. A renewed session keeps it.</summary>
    public const string Created = ".created";

    /// <summary>The id of the user who has signed in, in UTF-8; with <see cref="LoginId"/>.</summary>
    private const string User = ".user";

    /// <summary>The id of the login that the session belongs to.</summary>
    private const string LoginId = ".login";

    /// <summary>The keyed request that made the session, if one did.</summary>
    public const string Origin = ".origin";

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
        record[Created] is { } text && long.TryParse(text.Span, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
        && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : null;

    /// <summary>The login that the session belongs to; null when nobody has signed in.</summary>
    public static LoginReference? LoginOf(Record record) =>
        record[LoginId] is not null && record.Text(User) is { } user && record.Text(LoginId) is { } id ? new LoginReference(user, id) : null;

    /// <summary>Begins a session: when it was created, and for whom.</summary>
    /// <param name="creation">Creates the record.</param>
    /// <param name="taken">What the session takes along of the one that it follows.</param>
    /// <param name="created">When it, or the first one that it follows, was created.</param>
    /// <param name="login">The login that it belongs to.</param>
    /// <param name="origin">The keyed request that makes it.</param>
    public static void Begin(RecordChange creation, Record? taken, DateTimeOffset created, LoginReference? login, string? origin)
    {
        foreach (var (field, value) in taken?.Fields ?? Enumerable.Empty<KeyValuePair<string, ReadOnlyMemory<byte>>>())
        {
            if (field is not (Created or User or LoginId or Origin))
            {
                creation.Set(field, value);
            }
        }

        creation.Set(Created, Format(created));
        if (login is { } of)
        {
            creation.Set(User, of.User).Set(LoginId, of.Id);
        }

        if (origin is not null)
        {
            creation.Set(Origin, origin);
        }
    }

    /// <summary>The counter that a key holds; 0 when there is none.</summary>
    /// <exception cref="FormatException">It holds something else.</exception>
    public static long ParseCounter(string key, ReadOnlyMemory<byte>? value) =>
        value is not { } text ? 0
        : long.TryParse(text.Span, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count) ? count
        : throw new FormatException($"The session's key '{key}' holds no counter.");

    /// <summary>A counter counts in exact integers of JSON and Lua.</summary>
    /// <exception cref="ArgumentOutOfRangeException">This is none.</exception>
    public static long CheckCounter(long count) =>
        count is > -(1L << 53) and < 1L << 53 ? count : throw new ArgumentOutOfRangeException(nameof(count), count, "A counter counts from -(2^53 - 1) to 2^53 - 1.");

    public static byte[] FormatCounter(long count) => Encoding.ASCII.GetBytes(count.ToString(CultureInfo.InvariantCulture));

    public static string Format(DateTimeOffset created) => created.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
}
