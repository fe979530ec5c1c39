using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Holdfast.Redis;

/// <summary>
/// Names of fields that were read lately. An application has few, and every reply that tells a record tells them again: they
/// need not become strings each time. Shared by all connections, each name in the one place that its hash gives it; a race, or two names
/// that take turns in a place, cost a string.
/// </summary>
internal static class FieldNames
{
    private const int Places = 1024;

    /// <summary>Longer ones are not kept: all places together take at most 160 KiB.</summary>
    private const int MaxKeptBytes = 64;

    private static readonly string?[] Kept = new string?[Places];

    /// <summary>The name that these bytes of UTF-8 are.</summary>
    public static string Of(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxKeptBytes)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        ref var place = ref Kept[HashOf(utf8) % Places];
        var known = Volatile.Read(ref place);
        if (known is not null && Ascii.Equals(utf8, known))
        {
            return known;
        }

        var name = Encoding.UTF8.GetString(utf8);
        Volatile.Write(ref place, name);
        return name;
    }

    private static uint HashOf(ReadOnlySpan<byte> utf8)
    {
        var hash = (uint)utf8.Length;
        var words = MemoryMarshal.Cast<byte, ulong>(utf8);
        foreach (var word in words)
        {
            hash = BitOperations.Crc32C(hash, word);
        }

        foreach (var rest in utf8[(words.Length * sizeof(ulong))..])
        {
            hash = BitOperations.Crc32C(hash, rest);
        }

        return hash;
    }
}
