using System.Buffers.Binary;

namespace Holdfast.Embedded;

/// <summary>
/// How a log or a snapshot begins: 8 bytes that name kind and version, the sequence of its first frame (8 bytes,
/// little-endian), CRC32C with the store's salt of that (4 bytes), 4 bytes of zero.
/// </summary>
internal static class LogHeader
{
    public const int Bytes = 24;

    public static ReadOnlySpan<byte> LogTitle => "HFLOG\0\0\x01"u8;

    public static ReadOnlySpan<byte> SnapshotTitle => "HFSNAP\0\x01"u8;

    public static byte[] Make(ReadOnlySpan<byte> title, ulong salt, long firstSequence)
    {
        var header = new byte[Bytes];
        title.CopyTo(header);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), firstSequence);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), Frame.SumPayload(salt, header.AsSpan(0, 16)));
        return header;
    }

    public static bool TryRead(ReadOnlySpan<byte> header, ReadOnlySpan<byte> title, ulong salt, out long firstSequence)
    {
        firstSequence = 0;
        if (header.Length < Bytes || !header.StartsWith(title))
        {
            return false;
        }

        firstSequence = BinaryPrimitives.ReadInt64LittleEndian(header[8..]);
        return header[..Bytes].SequenceEqual(Make(title, salt, firstSequence));
    }
}
