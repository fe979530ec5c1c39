using System.Buffers.Binary;
using System.Numerics;

namespace Holdfast.Embedded;

/// <summary>
/// Finds the salt of a store whose manifest is lost. The salt is what every CRC begins with, so a file's beginning, whose sum is known,
/// tells the CRC's 32 bits behind the salt: the sum is run backwards over the bytes. Of the salts that lead there any is as good.
/// </summary>
internal static class SaltFinder
{
    // CRC32C's polynomial, reflected.
    private const uint Polynomial = 0x82F63B78;
    private const int SummedBytes = 16;

    /// <summary>A salt under which the file's beginning checks out; null if that does not begin as it should.</summary>
    public static ulong? Find(StoreDisk disk, string path, ReadOnlySpan<byte> title)
    {
        using var file = disk.OpenToRead(path);
        var header = new byte[LogHeader.Bytes];
        if (file.Read(header, 0) < header.Length || !header.AsSpan().StartsWith(title))
        {
            return null;
        }

        var sum = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(SummedBytes));
        for (var at = SummedBytes - sizeof(uint); at >= 0; at -= sizeof(uint))
        {
            sum = Back(sum) ^ BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(at));
        }

        // The salt's first half is zero.
        return (ulong)(Back(sum) ^ BitOperations.Crc32C(uint.MaxValue, 0u)) << 32;
    }

    /// <summary>The CRC before four bytes of zero.</summary>
    private static uint Back(uint crc)
    {
        for (var bit = 0; bit < 32; bit++)
        {
            crc = crc > int.MaxValue ? ((crc ^ Polynomial) << 1) | 1 : crc << 1;
        }

        return crc;
    }
}
