using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Holdfast;

/// <summary>
/// Which partition an affinity belongs to. A store has a fixed number of partitions P, a power of two; an affinity's
/// partition is its Redis hash slot (CRC16/XMODEM modulo 16384, Redis Cluster specification) times P / 16384.
/// </summary>
/// <remarks>
/// An affinity of the form <c>hex~rest</c>, with <c>hex</c> a partition's number below P in lower-case hexadecimal
/// without leading zeros, is pinned to that partition: session ids carry their partition so, and keep it when renewed.
/// </remarks>
public sealed class PartitionMap
{
    /// <summary>The number of partitions of a new store unless it is told otherwise.</summary>
    public const int DefaultCount = 256;

    /// <summary>The most partitions a store can have.</summary>
    public const int MaxCount = 4096;

    private const int Slots = 16384;
    private const int MaxPinDigits = 3;
    private const int WordBytes = sizeof(ulong);
    private static readonly ushort[] CrcOfByte = MakeCrcTable();

    // At 256 times k: of a byte that k others follow which are 0. So the bytes of a word need not wait for each other.
    private static readonly ushort[] CrcOfPlacedByte = MakeCrcTables();
    private readonly string[] tags;

    // A partition has two to the power of this many slots.
    private readonly int slotBits;

    /// <summary>Maps onto this many partitions.</summary>
    /// <param name="count">A power of two from 1 to <see cref="MaxCount"/>.</param>
    public PartitionMap(int count)
    {
        if (count is < 1 or > MaxCount || !int.IsPow2(count))
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"A store has 1 to {MaxCount} partitions, a power of two.");
        }

        Count = count;
        slotBits = int.Log2(Slots / count);
        tags = TagsFor(count);
    }

    /// <summary>The number of partitions.</summary>
    public int Count { get; }

    /// <summary>The partition, from 0, of everything with this affinity.</summary>
    public int PartitionOf(ReadOnlySpan<char> affinity) => PartitionOf(PlaceOf(affinity), affinity);

    /// <summary>The partition, from 0, of the record.</summary>
    public int PartitionOf(Address address) => PartitionOf(address.Place, address.AffinitySpan);

    /// <summary>
    /// What the affinity says of its partition in any store: its Redis hash slot, or, above these, the number that it is pinned to in a store that has so many.
    /// </summary>
    internal static ushort PlaceOf(ReadOnlySpan<char> affinity)
    {
        var tilde = affinity[..Math.Min(affinity.Length, MaxPinDigits + 1)].IndexOf('~');
        return tilde > 0 && TryParsePin(affinity[..tilde], out var pinned) ? (ushort)(Slots + pinned) : (ushort)SlotOf(affinity);
    }

    /// <summary>The partition, from 0, of everything with this affinity, which is ASCII.</summary>
    internal int PartitionOf(ReadOnlySpan<byte> affinity) =>
        affinity[..Math.Min(affinity.Length, MaxPinDigits + 1)].Contains((byte)'~')
            ? PartitionOf(Encoding.ASCII.GetString(affinity))
            : SlotOf(affinity) >> slotBits;

    /// <summary>An affinity that is pinned to the partition, whatever the rest is.</summary>
    public string Pin(int partition, string rest)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, Count);
        return $"{partition.ToString("x", CultureInfo.InvariantCulture)}~{rest}";
    }

    /// <summary>
    /// The partition's hash tag in keys: the smallest decimal number whose Redis hash slot is 16384/P × partition.
    /// </summary>
    public string TagOf(int partition) => tags[partition];

    /// <summary>The Redis hash slot of the text.</summary>
    internal static int SlotOf(ReadOnlySpan<char> text)
    {
        ushort crc = 0;
        foreach (var character in text)
        {
            crc = (ushort)((crc << 8) ^ CrcOfByte[(byte)((crc >> 8) ^ character)]);
        }

        return crc % Slots;
    }

    /// <summary>The Redis hash slot of the bytes.</summary>
    internal static int SlotOf(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0;
        ref var table = ref MemoryMarshal.GetArrayDataReference(CrcOfPlacedByte);
        for (; bytes.Length >= WordBytes; bytes = bytes[WordBytes..])
        {
            // The bytes so far lie in front of those that follow.
            var next = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ BinaryPrimitives.ReverseEndianness((ushort)crc);
            crc = 0;
            for (var following = WordBytes - 1; following >= 0; following--, next >>= 8)
            {
                crc ^= Unsafe.Add(ref table, (following << 8) | (byte)next);
            }
        }

        foreach (var value in bytes)
        {
            crc = (ushort)((crc << 8) ^ CrcOfByte[(byte)((crc >> 8) ^ value)]);
        }

        return (int)(crc % Slots);
    }

    private static ushort[] MakeCrcTables()
    {
        var tables = new ushort[WordBytes << 8];
        CrcOfByte.CopyTo(tables, 0);
        for (var at = 256; at < tables.Length; at++)
        {
            var before = tables[at - 256];
            tables[at] = (ushort)((before << 8) ^ CrcOfByte[before >> 8]);
        }

        return tables;
    }

    private static ushort[] MakeCrcTable()
    {
        var table = new ushort[256];
        for (var value = 0; value < table.Length; value++)
        {
            var crc = (ushort)(value << 8);
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (ushort)((crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1);
            }

            table[value] = crc;
        }

        return table;
    }

    private static string[] TagsFor(int count)
    {
        var tags = new string[count];
        Span<char> digits = stackalloc char[8];
        for (int number = 0, found = 0; found < count; number++)
        {
            number.TryFormat(digits, out var length, default, CultureInfo.InvariantCulture);
            var slot = SlotOf(digits[..length]);
            var partition = slot / (Slots / count);
            if (slot % (Slots / count) == 0 && tags[partition] is null)
            {
                tags[partition] = digits[..length].ToString();
                found++;
            }
        }

        return tags;
    }

    private static bool TryParsePin(ReadOnlySpan<char> hex, out int partition)
    {
        partition = 0;
        foreach (var character in hex)
        {
            var digit = character is >= '0' and <= '9' ? character - '0' : character is >= 'a' and <= 'f' ? character - 'a' + 10 : -1;
            if (digit < 0)
            {
                return false;
            }

            partition = (partition << 4) + digit;
        }

        return hex[0] != '0' || hex.Length == 1;
    }

    private int PartitionOf(ushort place, ReadOnlySpan<char> affinity) =>
        place < Slots ? place >> slotBits
        : place - Slots is var pinned && pinned < Count ? pinned
        : SlotOf(affinity) >> slotBits;
}
