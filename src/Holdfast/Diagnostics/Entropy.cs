using System.Security.Cryptography;

namespace Holdfast;

/// <summary>Where randomness and ids come from: one seam, so that a simulation can own it.</summary>
public class Entropy
{
    // The generator costs most for being called: each thread takes a stock from it, and hands it out once.
    private const int StockBytes = 1024;
    private const int MaxFromStock = 64;
    [ThreadStatic]
    private static byte[]? stock;
    [ThreadStatic]
    private static int left;

    /// <summary>The system's cryptographic generator.</summary>
    public static Entropy System { get; } = new();

    /// <summary>Fills the bytes. The default is cryptographically strong; an override for simulations is not.</summary>
    public virtual void Fill(Span<byte> bytes)
    {
        if (bytes.Length > MaxFromStock)
        {
            RandomNumberGenerator.Fill(bytes);
            return;
        }

        var own = stock ??= new byte[StockBytes];
        if (left < bytes.Length)
        {
            RandomNumberGenerator.Fill(own);
            left = StockBytes;
        }

        left -= bytes.Length;
        var taken = own.AsSpan(left, bytes.Length);
        taken.CopyTo(bytes);
        taken.Clear();
    }

    /// <summary>An unguessable text of this many random bytes, in unpadded base64url.</summary>
    public string NextText(int byteCount)
    {
        Span<byte> bytes = byteCount <= 64 ? stackalloc byte[byteCount] : new byte[byteCount];
        Fill(bytes);
        return global::System.Buffers.Text.Base64Url.EncodeToString(bytes);
    }
}
