using System.Text;

namespace Holdfast;

/// <summary>The rule for field names, in one place.</summary>
internal static class FieldName
{
    /// <summary>Marks the fields of a record's hash that are Holdfast's own, such as <c>@rev</c>.</summary>
    public const char MetadataMark = '@';

    public static bool IsValid(string name) =>
        name.Length > 0 && name[0] != MetadataMark && Encoding.UTF8.GetByteCount(name) <= StateLimits.MaxFieldNameBytes;

    public static string Checked(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return IsValid(name)
            ? name
            : throw new ArgumentException(
                $"A field name is 1 to {StateLimits.MaxFieldNameBytes} bytes of UTF-8 and does not begin with '{MetadataMark}', not '{name}'.",
                nameof(name));
    }
}
