using System.Text;

namespace Holdfast.Cli.Prove.Browsing;

/// <summary>What an answer carried.</summary>
/// <param name="Bytes">The bytes that were read.</param>
/// <param name="MediaType">The type without its parameters, in lower case; empty when none was told.</param>
/// <param name="IsWhole">False for a body that did not end, or was longer than what is read.</param>
internal sealed record ResponseBody(byte[] Bytes, string MediaType, bool IsWhole)
{
    public static ResponseBody Empty { get; } = new([], "", true);

    public bool IsJson => MediaType is "application/json" or "text/json" || MediaType.EndsWith("+json", StringComparison.Ordinal);

    public bool IsHtml => MediaType is "text/html" or "application/xhtml+xml";

    public bool IsText =>
        MediaType.StartsWith("text/", StringComparison.Ordinal) || MediaType is "" or "application/xml" or "application/javascript" or "application/x-www-form-urlencoded"
        || MediaType.EndsWith("+xml", StringComparison.Ordinal);

    public string Text => Encoding.UTF8.GetString(Bytes);
}
