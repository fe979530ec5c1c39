using System.Security.Cryptography;

namespace Holdfast;

/// <summary>Where randomness and ids come from: one seam, so that a simulation can own it.</summary>
public class Entropy
{
    /// <summary>The system's cryptographic generator.</summary>
    public static Entropy System { get; } = new();

    /// <summary>Fills the bytes. The default is cryptographically strong; an override for simulations is not.</summary>
    public virtual void Fill(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);

    /// <summary>An unguessable text of this many random bytes, in unpadded base64url.</summary>
    public string NextText(int byteCount)
    {
        Span<byte> bytes = byteCount <= 64 ? stackalloc byte[byteCount] : new byte[byteCount];
        Fill(bytes);
        return global::System.Buffers.Text.Base64Url.EncodeToString(bytes);
    }
}
