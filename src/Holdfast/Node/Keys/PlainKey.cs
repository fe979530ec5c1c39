using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Node;

/// <summary>
/// A key of other programs than Holdfast: any bytes that do not begin with <c>hf:</c>, kept as a record of the kind
/// <c>key</c> whose affinity spells them. Visible ASCII other than <c>/</c>, <c>{</c>, <c>}</c> and <c>%</c> stands for
/// itself, every other byte is percent-encoded, and the empty key is a bare <c>%</c>. A key that would be too long is
/// <c>%%</c> and the base64url of its SHA-256, and the record holds its bytes (<see cref="PlainRecord.KeyField"/>).
/// </summary>
internal readonly struct PlainKey
{
    /// <summary>The kind of the records.</summary>
    public const string Kind = "key";

    public const string OwnKeysRefusal = "keys that begin with 'hf:' are Holdfast's own: records are written with hf1_commit";

    /// <summary>How many bytes an address has before those of the key.</summary>
    public const int PrefixBytes = 4;

    private const string Prefix = Kind + "/";
    private const string Empty = "%";
    private const string HashMark = "%%";

    private static readonly SearchValues<byte> Plain =
        SearchValues.Create(Enumerable.Range('!', '~' - '!' + 1).Select(static code => (byte)code).Where(static b => b is not ((byte)'/' or (byte)'{' or (byte)'}' or (byte)'%')).ToArray());

    public PlainKey(ReadOnlyMemory<byte> bytes)
        : this(bytes, AddressOf(bytes.Span))
    {
    }

    /// <summary>A key whose address is known already.</summary>
    public PlainKey(ReadOnlyMemory<byte> bytes, Address address) => (Bytes, Address) = (bytes, address);

    public ReadOnlyMemory<byte> Bytes { get; }

    public Address Address { get; }

    /// <summary>Whether the key is too long to be spelt by the address.</summary>
    public bool IsHashed => IsHashedAddress(Address);

    public static bool IsOwn(ReadOnlySpan<byte> key) => key.StartsWith("hf:"u8);

    public static bool IsPlainAddress(Address address) => address.ToString().StartsWith(Prefix, StringComparison.Ordinal) && address.Id is null;

    public static bool IsHashedAddress(Address address) => address.AffinitySpan.StartsWith(HashMark);

    public static Address AddressOf(ReadOnlySpan<byte> key) => Address.OfValidParts(TextOf(key), Kind.Length);

    /// <summary>Whether the key is no key of Holdfast's own, and its address has its bytes as they are.</summary>
    public static bool IsSpelt(ReadOnlySpan<byte> key) => key.Length is > 0 and <= Address.MaxPartLength && !key.ContainsAnyExcept(Plain) && !IsOwn(key);

    /// <summary>Writes the bytes of the address of such a key, and tells how many.</summary>
    public static int Spell(ReadOnlySpan<byte> key, Span<byte> address)
    {
        "key/"u8.CopyTo(address);
        key.CopyTo(address[PrefixBytes..]);
        return PrefixBytes + key.Length;
    }

    /// <summary>The key that the address spells; null if the address is a hash, or none that a key has.</summary>
    public static byte[]? Decode(Address address)
    {
        var affinity = address.AffinitySpan;
        if (affinity is Empty)
        {
            return [];
        }

        var bytes = new byte[affinity.Length];
        var count = 0;
        for (var i = 0; i < affinity.Length; i++)
        {
            if (affinity[i] != '%')
            {
                bytes[count++] = (byte)affinity[i];
            }
            else if (i + 2 < affinity.Length && byte.TryParse(affinity.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, null, out bytes[count]))
            {
                count++;
                i += 2;
            }
            else
            {
                return null;
            }
        }

        return bytes[..count];
    }

    private static string TextOf(ReadOnlySpan<byte> key)
    {
        var escaped = 0;
        if (key.ContainsAnyExcept(Plain))
        {
            foreach (var value in key)
            {
                escaped += Plain.Contains(value) ? 0 : 1;
            }
        }

        var length = key.Length + (2 * escaped);
        return length > Address.MaxPartLength ? Prefix + HashMark + Base64Url.EncodeToString(SHA256.HashData(key))
            : length == 0 ? Prefix + Empty
            : string.Create(Prefix.Length + length, key, escaped == 0 ? Copy : Escape);
    }

    private static void Copy(Span<char> text, ReadOnlySpan<byte> key)
    {
        Prefix.CopyTo(text);
        Encoding.ASCII.GetChars(key, text[Prefix.Length..]);
    }

    private static void Escape(Span<char> text, ReadOnlySpan<byte> key)
    {
        Prefix.CopyTo(text);
        var at = Prefix.Length;
        foreach (var value in key)
        {
            if (Plain.Contains(value))
            {
                text[at++] = (char)value;
            }
            else
            {
                text[at] = '%';
                value.TryFormat(text[(at + 1)..], out _, "X2", CultureInfo.InvariantCulture);
                at += 3;
            }
        }
    }
}
