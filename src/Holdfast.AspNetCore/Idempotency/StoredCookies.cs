using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// The application's cookies in a key's record, sealed under the data-protection ring: what opens sessions elsewhere, such as a sign-in's
/// cookie, must not lie open in the store.
/// </summary>
internal sealed class StoredCookies(IDataProtectionProvider protection)
{
    private readonly IDataProtector protector = protection.CreateProtector("Holdfast.Idempotency.Cookies.v1");

    public byte[] Seal(IEnumerable<string> cookies) => protector.Protect(Encoding.UTF8.GetBytes(string.Join('\n', cookies)));

    /// <summary>The cookies; none when the key that sealed them was revoked or has gone.</summary>
    public string[] Open(ReadOnlyMemory<byte> content)
    {
        try
        {
            return Encoding.UTF8.GetString(protector.Unprotect(content.ToArray())).Split('\n');
        }
        catch (CryptographicException)
        {
            return [];
        }
    }
}
