using System.Globalization;
using System.Text;

namespace Holdfast.Node;

/// <summary>
/// How the record of a plain key holds a string or a hash. A string is the field <c>%value</c>. Otherwise the fields
/// are the hash's, under their own names where those are valid: a name that is no UTF-8, is empty, holds <c>%</c> or
/// begins with <c>@</c> has such bytes percent-encoded, and the empty one is a bare <c>%</c>. What is encoded never
/// has a <c>%</c> before a lower-case letter, so Holdfast's own two names meet none of them.
/// </summary>
internal static class PlainRecord
{
    /// <summary>The bytes of a string.</summary>
    public const string ValueField = "%value";

    /// <inheritdoc cref="ValueField"/>
    public static ReadOnlySpan<byte> ValueFieldName => "%value"u8;

    /// <summary>The key's own bytes, when the address does not spell them.</summary>
    public const string KeyField = "%key";

    private const string EmptyName = "%";

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    public static bool IsString(Record record) => record.Fields.ContainsKey(ValueField);

    public static bool IsOwn(string field) => field is ValueField or KeyField;

    /// <summary>The field that stands for a name of a hash.</summary>
    /// <exception cref="StateLimitException">The name is too long.</exception>
    public static string FieldOf(ReadOnlySpan<byte> name) =>
        FindField(name) ?? throw new StateLimitException(
            $"The name of a hash's field has at most {StateLimits.MaxFieldNameBytes} bytes here, three for each that is encoded.");

    /// <summary>The field that stands for a name of a hash; null if the name is too long, so that there is no such field.</summary>
    public static string? FindField(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            return EmptyName;
        }

        if (name.Length > StateLimits.MaxFieldNameBytes)
        {
            return null;
        }

        var field = IsPlain(name) ? Encoding.ASCII.GetString(name) : Escaped(name);
        return Encoding.UTF8.GetByteCount(field) <= StateLimits.MaxFieldNameBytes ? field : null;
    }

    /// <summary>The name that the field stands for.</summary>
    public static byte[] NameOf(string field)
    {
        var bytes = Encoding.UTF8.GetBytes(field);
        if (!field.Contains('%', StringComparison.Ordinal))
        {
            return bytes;
        }

        var count = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] == '%' && i + 2 < bytes.Length && byte.TryParse(bytes.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, null, out var value))
            {
                bytes[count++] = value;
                i += 2;
            }
            else if (field != EmptyName)
            {
                bytes[count++] = bytes[i];
            }
        }

        return bytes[..count];
    }

    private static bool IsPlain(ReadOnlySpan<byte> name) =>
        name[0] != FieldName.MetadataMark && !name.Contains((byte)'%') && Ascii.IsValid(name);

    private static string Escaped(ReadOnlySpan<byte> name)
    {
        var isUtf8 = System.Text.Unicode.Utf8.IsValid(name);
        var bytes = new List<byte>(name.Length);
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] == '%' || (name[i] == FieldName.MetadataMark && i == 0) || (name[i] >= 0x80 && !isUtf8))
            {
                bytes.AddRange(Encoding.ASCII.GetBytes($"%{name[i]:X2}"));
            }
            else
            {
                bytes.Add(name[i]);
            }
        }

        return StrictUtf8.GetString([.. bytes]);
    }
}
