using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>Bytes from the store, until they make complete replies. Grows with the largest, and shrinks again.</summary>
internal sealed class ReceiveBuffer
{
    private const int InitialBytes = 64 << 10;
    private const int KeptBytes = 1 << 20;

    private byte[] bytes = new byte[InitialBytes];
    private RespFrameScanner scanner;
    private int start;
    private int end;

    /// <summary>Where to receive into: never empty.</summary>
    public Memory<byte> Room()
    {
        if (start == end)
        {
            start = end = 0;
            bytes = bytes.Length > KeptBytes ? new byte[InitialBytes] : bytes;
        }

        if (bytes.Length - end < InitialBytes / 4)
        {
            var held = end - start;
            var larger = held > bytes.Length / 2 ? new byte[bytes.Length * 2] : bytes;
            Buffer.BlockCopy(bytes, start, larger, 0, held);
            (bytes, start, end) = (larger, 0, held);
        }

        return bytes.AsMemory(end);
    }

    /// <summary>Takes note that this many bytes were received.</summary>
    public void Received(int count) => end += count;

    /// <summary>Takes out the next complete reply, valid until <see cref="Room"/> is asked for; false when none is.</summary>
    public bool TryTake(out ReadOnlySpan<byte> reply)
    {
        if (start == end || !scanner.TryScan(bytes.AsSpan(start, end - start), out var length))
        {
            reply = default;
            return false;
        }

        reply = bytes.AsSpan(start, length);
        start += length;
        return true;
    }
}
