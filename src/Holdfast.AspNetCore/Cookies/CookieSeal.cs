using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.ObjectPool;

namespace Holdfast.AspNetCore.Cookies;

/// <summary>
/// Seals what a cookie carries with AES-256-GCM. A sealed cookie is the unpadded base64url of
/// <code>version of the content (1) | id of the data-protection key (16) | salt (12) | nonce (12) | ciphertext | tag (16)</code>
/// and what stands before the nonce, with the cookie's name, is authenticated too, so that a cookie taken over HTTP can't be planted as
/// a <c>__Host-</c> one. The plaintext is padded so that the whole is a multiple of three bytes: each character counts.
/// </summary>
/// <remarks>
/// Every version of content is sealed like this, so that a release tells a later one's cookie, which it must leave alone, from an altered one.
/// The sealing key derives from the ring's key and the salt, which is random and changes after 2^20 cookies: far below
/// the 2^32 random nonces that a GCM key allows (NIST SP 800-38D, 8.3). Opening remembers the keys of some salts.
/// </remarks>
internal sealed class CookieSeal(CookieKeyRing ring, Entropy entropy)
{
    /// <summary>What a content has at most.</summary>
    public const int MaxPlainBytes = (MaxSealedChars * 3 / 4) - Overhead - MaxPaddingBytes;

    private const int SaltStart = 17;
    private const int NonceStart = 29;
    private const int CipherStart = 41;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int Overhead = CipherStart + TagBytes;
    private const int MaxPaddingBytes = 3;
    private const int MaxNameBytes = 80;
    private const int MaxSealedChars = 4000;
    private const int MaxSealsPerSalt = 1 << 20;
    private const int MaxRememberedSalts = 256;

    private readonly ConcurrentDictionary<(Guid Key, UInt128 Salt), Derived> opened = new();
    private readonly OpenedCookies remembered = new();
    private volatile SealingKey? sealing;

    /// <summary>Seals the content under the cookie's name.</summary>
    public string Seal(string name, byte version, ReadOnlySpan<byte> content)
    {
        var own = Sealing();
        var padding = 3 - ((content.Length + Overhead) % 3);
        var sealedBytes = new byte[Overhead + content.Length + padding].AsSpan();
        sealedBytes[0] = version;
        own.Key.Id.TryWriteBytes(sealedBytes[1..]);
        own.Salt.CopyTo(sealedBytes[SaltStart..]);
        var nonce = sealedBytes.Slice(NonceStart, NonceBytes);

        // Padding: its length, 1 to 3, in its last byte.
        var plain = sealedBytes.Slice(CipherStart, content.Length + padding);
        content.CopyTo(plain);
        plain[^1] = (byte)padding;

        Span<byte> bound = stackalloc byte[NonceStart + MaxNameBytes];
        bound = Bound(bound, sealedBytes, name);
        var cipher = own.Derived.Ciphers.Get();
        entropy.Fill(nonce);
        cipher.Encrypt(nonce, plain, plain, sealedBytes[^TagBytes..], bound);
        own.Derived.Ciphers.Return(cipher);
        var text = Base64Url.EncodeToString(sealedBytes);

        // The client sends it back with its next request, quite likely to this very instance.
        remembered.Keep(name, text, own.Key, version, content.ToArray());
        return text;
    }

    /// <summary>Opens what was sealed under the name; false when it was not sealed by an instance that shares the ring, or was altered.</summary>
    /// <param name="name">The cookie's name.</param>
    /// <param name="text">The sealed cookie.</param>
    /// <param name="version">The version of the content.</param>
    /// <param name="content">The content.</param>
    public bool TryOpen(string name, ReadOnlySpan<char> text, out byte version, out ReadOnlySpan<byte> content)
    {
        if (remembered.Find(name, text) is { } known && ReferenceEquals(ring.Find(known.Key.Id), known.Key))
        {
            version = known.Version;
            content = known.Content.Span;
            return true;
        }

        version = 0;
        content = default;
        if (Decode(text) is not { } decoded)
        {
            return false;
        }

        var sealedBytes = decoded.AsSpan();
        if (ring.Find(new Guid(sealedBytes.Slice(1, 16))) is not { } key)
        {
            return false;
        }

        Span<byte> bound = stackalloc byte[NonceStart + MaxNameBytes];
        bound = Bound(bound, sealedBytes, name);
        var plain = sealedBytes[CipherStart..^TagBytes];
        var ciphers = DerivedFor(key, sealedBytes.Slice(SaltStart, NonceStart - SaltStart)).Ciphers;
        var cipher = ciphers.Get();
        try
        {
            cipher.Decrypt(sealedBytes.Slice(NonceStart, NonceBytes), plain, sealedBytes[^TagBytes..], plain, bound);
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
        finally
        {
            ciphers.Return(cipher);
        }

        if (plain[^1] is < 1 or > 3 || plain[^1] > plain.Length)
        {
            return false;
        }

        version = sealedBytes[0];
        content = plain[..^plain[^1]];
        remembered.Keep(name, text.ToString(), key, version, decoded.AsMemory(CipherStart, content.Length));
        return true;
    }

    /// <summary>The bytes that a sealed cookie stands for; null when it is none by its form.</summary>
    private static byte[]? Decode(ReadOnlySpan<char> text)
    {
        if (text.Length is < Overhead or > MaxSealedChars || text.Length % 4 != 0)
        {
            return null;
        }

        var decoded = new byte[text.Length / 4 * 3];
        return Base64Url.TryDecodeFromChars(text, decoded, out var length) && length == decoded.Length && length > Overhead ? decoded : null;
    }

    private static Span<byte> Bound(Span<byte> bound, ReadOnlySpan<byte> sealedBytes, string name)
    {
        sealedBytes[..NonceStart].CopyTo(bound);
        return bound[..(NonceStart + Encoding.ASCII.GetBytes(name, bound[NonceStart..]))];
    }

    private SealingKey Sealing()
    {
        var key = ring.Sealing;
        var current = sealing;
        if (current is null || !ReferenceEquals(current.Key, key) || Interlocked.Increment(ref current.Seals) > MaxSealsPerSalt)
        {
            var salt = new byte[NonceStart - SaltStart];
            entropy.Fill(salt);
            sealing = current = new SealingKey(key, salt, DerivedFor(key, salt));
        }

        return current;
    }

    private Derived DerivedFor(CookieKey key, ReadOnlySpan<byte> salt)
    {
        Span<byte> wide = stackalloc byte[16];
        salt.CopyTo(wide);
        var place = (key.Id, System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(wide));
        if (opened.TryGetValue(place, out var derived))
        {
            return derived;
        }

        if (opened.Count >= MaxRememberedSalts)
        {
            opened.Clear();
        }

        return opened.GetOrAdd(place, new Derived(key.Derive(salt)));
    }

    /// <summary>A derived key, with ciphers that are ready: they are not safe for concurrent use, and costly to make.</summary>
    private sealed class Derived(byte[] key) : IPooledObjectPolicy<AesGcm>
    {
        public ObjectPool<AesGcm> Ciphers => field ??= new DefaultObjectPool<AesGcm>(this);

        public AesGcm Create() => new(key, TagBytes);

        public bool Return(AesGcm cipher) => true;
    }

    private sealed class SealingKey(CookieKey key, byte[] salt, Derived derived)
    {
        public int Seals;

        public CookieKey Key => key;

        public ReadOnlySpan<byte> Salt => salt;

        public Derived Derived => derived;
    }
}
