using System.Security.Cryptography;
using System.Text;

namespace Holdfast.AspNetCore.Cookies;

/// <summary>One key of the data-protection ring, as far as cookies need it: the master from which sealing keys derive.</summary>
internal sealed class CookieKey(Guid id, byte[] master)
{
    private static readonly byte[] Purpose = Encoding.ASCII.GetBytes("Holdfast.AspNetCore causal cookie, version 1");

    public Guid Id => id;

    /// <summary>HKDF-SHA256 (RFC 5869) of the master key under the salt.</summary>
    public byte[] Derive(ReadOnlySpan<byte> salt)
    {
        var key = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, master, key, salt, Purpose);
        return key;
    }
}
