using System.Buffers.Binary;
using System.Numerics;

namespace Holdfast.Embedded;

/// <summary>
/// A frame, little-endian: payload length (4 bytes), CRC32C (4), sequence (8), payload. The checksum begins with the
/// store's salt and covers payload, sequence and length, in this order: so the caller's thread sums the payload before
/// the sequence is known, and no bytes that an application stores can pass for a frame.
/// </summary>
internal static class Frame
{
    public const int HeaderBytes = 16;

    /// <summary>Above every frame that a commit within its limits can make.</summary>
    public const int MaxPayloadBytes = 32 << 20;

    public static uint SumPayload(ulong salt, ReadOnlySpan<byte> payload)
    {
        var sum = BitOperations.Crc32C(uint.MaxValue, salt);
        while (payload.Length >= sizeof(ulong))
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(payload));
            payload = payload[sizeof(ulong)..];
        }

        foreach (var value in payload)
        {
            sum = BitOperations.Crc32C(sum, value);
        }

        return sum;
    }

    public static uint Sum(uint payloadSum, long sequence, int length) =>
        ~BitOperations.Crc32C(BitOperations.Crc32C(payloadSum, (ulong)sequence), (uint)length);

    /// <summary>Writes header and payload.</summary>
    public static void Write(Span<byte> target, uint payloadSum, long sequence, ReadOnlySpan<byte> payload)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target, payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Sum(payloadSum, sequence, payload.Length));
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], sequence);
        payload.CopyTo(target[HeaderBytes..]);
    }

    /// <summary>Whether the bytes begin with a whole, undamaged frame.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, ulong salt, out long sequence, out ReadOnlySpan<byte> payload)
    {
        sequence = 0;
        payload = default;
        if (source.Length < HeaderBytes || LengthOf(source) is not (> 0 and <= MaxPayloadBytes and var length)
            || source.Length - HeaderBytes < length)
        {
            return false;
        }

        sequence = BinaryPrimitives.ReadInt64LittleEndian(source[8..]);
        payload = source.Slice(HeaderBytes, length);
        return BinaryPrimitives.ReadUInt32LittleEndian(source[4..]) == Sum(SumPayload(salt, payload), sequence, length);
    }

    public static long SequenceOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt64LittleEndian(header[8..]);

    public static int LengthOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt32LittleEndian(header);
}
