using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Holdfast.Cli.Prove.Diagnosis;

/// <summary>Tells what a credential is from its name and form.</summary>
internal static partial class CredentialReader
{
    /// <summary>Shortest text that is taken for a signature.</summary>
    private const int MinSignatureLength = 16;

    /// <param name="name">The cookie's or the captured value's name.</param>
    /// <param name="value">What the user brought back.</param>
    /// <param name="unique">The user's unique value, which is the user's own content where it shows.</param>
    /// <param name="isSigned">Whether a companion holds its signature.</param>
    public static CredentialFormat FormatOf(string name, string value, string unique, bool isSigned = false)
    {
        var text = Uri.UnescapeDataString(value);
        if (SessionCookies.StackOf(name) is not null)
        {
            return CredentialFormat.SessionId;
        }

        if (text.StartsWith("CfDJ8", StringComparison.Ordinal))
        {
            // What data protection's header (09 F0 C9 F0) is in base64url.
            return name.Contains("Antiforgery", StringComparison.OrdinalIgnoreCase) || name.Contains("RequestVerificationToken", StringComparison.OrdinalIgnoreCase)
                ? CredentialFormat.Antiforgery
                : CredentialFormat.DataProtection;
        }

        return Jwt().IsMatch(text) && Decoded(text.Replace("Bearer ", "", StringComparison.Ordinal).Split('.')[0]) is { } header && header.Contains("\"alg\"", StringComparison.Ordinal) ? CredentialFormat.Jwt
            : SealedForm().IsMatch(text) ? CredentialFormat.Sealed
            : SignedLink().IsMatch(text) ? CredentialFormat.SignedLink
            : (isSigned || Parts(text).Any(static part => part.Length >= MinSignatureLength)) && Parts(text).Any(part => IsContent(part, unique)) ? CredentialFormat.SignedContent
            : CredentialFormat.Opaque;
    }

    private static string[] Parts(string text) => text.Split('.', '|', '&', ':', '=', ';', ',', '~', '!');

    private static bool IsContent(string part, string unique) =>
        part.Contains(unique, StringComparison.OrdinalIgnoreCase)
        || (Decoded(part) is { } decoded && decoded.Contains(unique, StringComparison.OrdinalIgnoreCase))
        || IsJson(part);

    private static bool IsJson(string part)
    {
        if (Decoded(part) is not { } decoded || !decoded.StartsWith('{'))
        {
            return false;
        }

        try
        {
            using var json = JsonDocument.Parse(decoded);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string? Decoded(string part)
    {
        var text = part.TrimEnd('=').Replace('+', '-').Replace('/', '_');
        try
        {
            return text.Length < 8 ? null : new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Base64Url.DecodeFromChars(text));
        }
        catch (Exception error) when (error is FormatException or ArgumentException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^(Bearer )?[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$")]
    private static partial Regex Jwt();

    // iron (hapi, iron-session), Fernet, PASETO, and Rails' encrypted and signed messages.
    [GeneratedRegex(@"^Fe26\.2\*|^gAAAA|^v\d\.(local|public)\.|^[A-Za-z0-9+/=_-]{16,}--[A-Za-z0-9+/=_-]{10,}")]
    private static partial Regex SealedForm();

    [GeneratedRegex(@"[?&](sig|signature|hmac|mac|hash|x-signature)=", RegexOptions.IgnoreCase)]
    private static partial Regex SignedLink();
}
