using System.Diagnostics.CodeAnalysis;

namespace Holdfast;

/// <summary>
/// The name of a record: <c>kind/affinity</c> or <c>kind/affinity/id</c>, for example <c>session/2a~k3…</c> or
/// <c>order/u42/1007</c>. The affinity alone decides the partition, so records of one affinity can change in one commit.
/// </summary>
/// <remarks>
/// A kind is 1 to 32 lower-case ASCII letters, digits or <c>-</c>. Affinity and id are 1 to 200 characters of visible
/// ASCII other than <c>/</c>, <c>{</c> and <c>}</c>; pass free text (a user's name) through <see cref="Escape"/> first.
/// </remarks>
public readonly record struct Address
{
    /// <summary>Longest kind, in characters.</summary>
    public const int MaxKindLength = 32;

    /// <summary>Longest affinity and longest id, in characters.</summary>
    public const int MaxPartLength = 200;

    /// <summary>Longest address, in bytes.</summary>
    internal const int MaxBytes = MaxKindLength + 1 + MaxPartLength + 1 + MaxPartLength;

    private readonly string? text;
    // An address is looked up several times where it is used at all: near cache, checks, watches.
    private readonly int hash;

    // Bytes, which hold the longest of each: every record and every entry of a cache has an address in it.
    private readonly byte kindLength;
    private readonly byte affinityLength;

    // They leave room for this, which every store needs that the address is used with.
    private readonly ushort place;

    /// <summary>Names a record by its parts.</summary>
    /// <exception cref="ArgumentException">A part is empty, too long or holds a character that is not allowed.</exception>
    public Address(string kind, string affinity, string? id = null)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(affinity);
        var problem = ProblemOf(kind, affinity, id);
        if (problem is not null)
        {
            throw new ArgumentException(problem);
        }

        text = id is null ? $"{kind}/{affinity}" : $"{kind}/{affinity}/{id}";
        kindLength = (byte)kind.Length;
        affinityLength = (byte)affinity.Length;
        place = PartitionMap.PlaceOf(affinity);
        hash = text.GetHashCode(StringComparison.Ordinal);
    }

    private Address(string text, int kindLength, int affinityLength)
    {
        (this.text, this.kindLength, this.affinityLength) = (text, (byte)kindLength, (byte)affinityLength);
        place = PartitionMap.PlaceOf(text.AsSpan(kindLength + 1, affinityLength));
        hash = text.GetHashCode(StringComparison.Ordinal);
    }

    /// <summary>What sort of thing the record is: <c>session</c>, <c>cart</c>.</summary>
    public string Kind => Text[..kindLength];

    /// <summary>What the record stays together with: a session, a user, a room.</summary>
    public string Affinity => Text.Substring(kindLength + 1, affinityLength);

    /// <summary>The record's own name among those of its kind and affinity, if it has one.</summary>
    public string? Id => Text.Length == kindLength + 1 + affinityLength ? null : Text[(kindLength + affinityLength + 2)..];

    /// <summary>The affinity, without a string of its own.</summary>
    internal ReadOnlySpan<char> AffinitySpan => Text.AsSpan(kindLength + 1, affinityLength);

    /// <summary>As <see cref="PartitionMap.PlaceOf"/> tells it of the affinity.</summary>
    internal ushort Place => place;

    /// <summary>The kind, without a string of its own.</summary>
    internal ReadOnlySpan<char> KindSpan => Text.AsSpan(0, kindLength);

    private string Text => text ?? throw new InvalidOperationException("This address was never given a value.");

    /// <summary>An address <c>kind/affinity</c> whose parts are known to be right.</summary>
    internal static Address OfValidParts(string text, int kindLength) => new(text, kindLength, text.Length - kindLength - 1);

    /// <summary>An address from its bytes, which are known to be one.</summary>
    internal static Address OfValidBytes(ReadOnlySpan<byte> bytes)
    {
        var kind = bytes.IndexOf((byte)'/');
        var affinity = bytes[(kind + 1)..].IndexOf((byte)'/');
        return new Address(System.Text.Encoding.ASCII.GetString(bytes), kind, affinity < 0 ? bytes.Length - kind - 1 : affinity);
    }

    /// <summary>Whether the bytes are an address; as <see cref="TryParse(string?, out Address)"/>.</summary>
    internal static bool IsValid(ReadOnlySpan<byte> bytes)
    {
        var kind = bytes.IndexOf((byte)'/');
        if (kind is < 1 or > MaxKindLength || bytes[..kind].ContainsAnyExcept(AddressCharacters.BytesOfKind))
        {
            return false;
        }

        var rest = bytes[(kind + 1)..];
        var slash = rest.IndexOf((byte)'/');
        return slash < 0 ? IsPart(rest) : IsPart(rest[..slash]) && IsPart(rest[(slash + 1)..]);
    }

    /// <summary>Writes the address's bytes, which are ASCII, and gives those written.</summary>
    internal Span<byte> WriteTo(Span<byte> target)
    {
        System.Text.Ascii.FromUtf16(Text, target, out var written);
        return target[..written];
    }

    /// <summary>Reads <c>kind/affinity</c> or <c>kind/affinity/id</c>.</summary>
    /// <exception cref="FormatException">The text is not an address; the message says why.</exception>
    public static Address Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var address, out var problem) ? address : throw new FormatException($"'{text}' is no address: {problem}");
    }

    /// <summary>Reads <c>kind/affinity</c> or <c>kind/affinity/id</c>; false when the text is not an address.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Address address) => TryParse(text, out address, out _);

    /// <summary>Percent-encodes free text as UTF-8 (RFC 3986), so that it may stand as an affinity or an id.</summary>
    public static string Escape(string freeText) => Uri.EscapeDataString(freeText);

    /// <summary>The address as it was written: <c>kind/affinity</c> or <c>kind/affinity/id</c>.</summary>
    public override string ToString() => text ?? "";

    /// <inheritdoc/>
    public bool Equals(Address other) => hash == other.hash && string.Equals(text, other.text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => hash;

    private static bool TryParse(string? text, out Address address, out string? problem)
    {
        address = default;
        problem = "it needs the form kind/affinity or kind/affinity/id.";
        var parts = text?.Split('/');
        if (parts is not { Length: 2 or 3 })
        {
            return false;
        }

        var id = parts.Length == 3 ? parts[2] : null;
        problem = ProblemOf(parts[0], parts[1], id);
        if (problem is not null)
        {
            return false;
        }

        address = new Address(parts[0], parts[1], id);
        return true;
    }

    private static string? ProblemOf(string kind, string affinity, string? id)
    {
        if (kind.Length is 0 or > MaxKindLength || kind.AsSpan().ContainsAnyExcept(AddressCharacters.OfKind))
        {
            return $"A kind is 1 to {MaxKindLength} lower-case letters, digits or '-', not '{kind}'.";
        }

        return ProblemOfPart("An affinity", affinity) ?? (id is null ? null : ProblemOfPart("An id", id));
    }

    private static bool IsPart(ReadOnlySpan<byte> part) =>
        part.Length is > 0 and <= MaxPartLength && !part.ContainsAnyExcept(AddressCharacters.BytesOfPart);

    private static string? ProblemOfPart(string what, string part) =>
        part.Length is 0 or > MaxPartLength || part.AsSpan().ContainsAnyExcept(AddressCharacters.OfPart)
            ? $"{what} is 1 to {MaxPartLength} visible ASCII characters without '/', '{{' and '}}', not '{part}': pass free text through Address.Escape."
            : null;
}
