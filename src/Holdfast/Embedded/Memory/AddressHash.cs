using System.Buffers.Binary;

namespace Holdfast.Embedded;

/// <summary>
/// A hash of addresses, by products folded into 64 bits (as in wyhash). Clients choose addresses, so it is seeded at random: nobody can
/// choose some that collide.
/// </summary>
internal static class AddressHash
{
    private const ulong First = 0xa0761d6478bd642f;
    private const ulong Second = 0xe7037ed1a0b428db;
    private const ulong Third = 0x8ebc6af09c88c6e3;

    public static uint Of(ReadOnlySpan<byte> bytes, ulong seed)
    {
        var hash = seed ^ First;
        var rest = bytes;
        while (rest.Length > 16)
        {
            hash = Fold(BinaryPrimitives.ReadUInt64LittleEndian(rest) ^ Second, BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]) ^ hash);
            rest = rest[16..];
        }

        ulong low, high;
        if (rest.Length >= 8)
        {
            low = BinaryPrimitives.ReadUInt64LittleEndian(rest);
            high = BinaryPrimitives.ReadUInt64LittleEndian(rest[^8..]);
        }
        else if (rest.Length >= 4)
        {
            low = BinaryPrimitives.ReadUInt32LittleEndian(rest);
            high = BinaryPrimitives.ReadUInt32LittleEndian(rest[^4..]);
        }
        else
        {
            low = rest.Length == 0 ? 0 : (uint)(rest[0] << 16 | rest[rest.Length / 2] << 8 | rest[^1]);
            high = 0;
        }

        hash = Fold(low ^ Second, high ^ hash);
        hash = Fold(hash ^ Third, (ulong)bytes.Length ^ Second);
        return (uint)(hash ^ (hash >> 32));
    }

    private static ulong Fold(ulong left, ulong right)
    {
        var high = Math.BigMul(left, right, out var low);
        return high ^ low;
    }
}
