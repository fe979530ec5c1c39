using System.Collections;
using System.Text;

namespace Holdfast;

/// <summary>
/// Fields in one array of bytes, as <see cref="FieldWalk"/> walks them: a record that is read costs one copy, and its
/// names become strings only for who asks for them. Fields are looked for one after another; many of them get an index with the first question.
/// </summary>
internal sealed class PackedFields(byte[] packed, int count) : IReadOnlyDictionary<string, ReadOnlyMemory<byte>>
{
    // Up to here, walking is as fast as an index and needs none.
    private const int WalkedFields = 24;

    private Dictionary<string, ReadOnlyMemory<byte>>? index;

    public PackedFields(byte[] packed)
        : this(packed, CountOf(packed))
    {
    }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Packed => packed;

    public int Count => count;

    public IEnumerable<string> Keys => this.Select(static pair => pair.Key);

    public IEnumerable<ReadOnlyMemory<byte>> Values => this.Select(static pair => pair.Value);

    public ReadOnlyMemory<byte> this[string key] =>
        TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"The record has no field '{key}'.");

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, out ReadOnlyMemory<byte> value)
    {
        ArgumentNullException.ThrowIfNull(key);
        value = default;
        return (count <= WalkedFields ? TryWalk(packed, key, out value) : null) ?? (index ??= MakeIndex()).TryGetValue(key, out value);
    }

    /// <summary>Looks for a field among the first of them; null if it is not one of these, and there are more.</summary>
    public static bool? TryWalk(byte[] packed, string key, out ReadOnlyMemory<byte> value)
    {
        var utf8 = Ascii.IsValid(key) ? default : Encoding.UTF8.GetBytes(key).AsSpan();
        var walk = new FieldWalk(packed);
        for (var walked = 0; walked < WalkedFields; walked++)
        {
            if (!walk.MoveNext())
            {
                value = default;
                return false;
            }

            if (utf8.IsEmpty ? walk.NameLength == key.Length && Ascii.Equals(walk.Name, key) : walk.Name.SequenceEqual(utf8))
            {
                value = packed.AsMemory(walk.ValueStart, walk.ValueLength);
                return true;
            }
        }

        value = default;
        return walk.End == packed.Length ? false : null;
    }

    public IEnumerator<KeyValuePair<string, ReadOnlyMemory<byte>>> GetEnumerator()
    {
        var at = 0;
        while (at < packed.Length)
        {
            var (pair, end) = PairAt(at);
            at = end;
            yield return pair;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static int CountOf(byte[] packed)
    {
        var count = 0;
        for (var walk = new FieldWalk(packed); walk.MoveNext();)
        {
            count++;
        }

        return count;
    }

    private Dictionary<string, ReadOnlyMemory<byte>> MakeIndex()
    {
        var made = new Dictionary<string, ReadOnlyMemory<byte>>(count, StringComparer.Ordinal);
        foreach (var (name, value) in this)
        {
            made[name] = value;
        }

        return made;
    }

    private (KeyValuePair<string, ReadOnlyMemory<byte>> Pair, int End) PairAt(int at)
    {
        var walk = new FieldWalk(packed.AsSpan(at));
        walk.MoveNext();
        return (new(Encoding.UTF8.GetString(walk.Name), packed.AsMemory(at + walk.ValueStart, walk.ValueLength)), at + walk.End);
    }
}
