using Microsoft.Win32.SafeHandles;

namespace Holdfast.Embedded;

/// <summary>Reads a log or a snapshot from its beginning, frame by frame.</summary>
internal sealed class FrameReader : IDisposable
{
    private const int ReadBytes = 1 << 20;

    private readonly SafeFileHandle file;
    private readonly ulong salt;
    private byte[] buffer = new byte[ReadBytes];
    private long bufferStart;
    private int buffered;
    private int position;

    public FrameReader(string path, ReadOnlySpan<byte> title, ulong salt)
    {
        Path = path;
        this.salt = salt;
        if (!File.Exists(path))
        {
            throw new StateCorruptException($"{path} is missing, though the manifest names it. Restore the folder from a backup.");
        }

        file = File.OpenHandle(path);
        FileLength = RandomAccess.GetLength(file);
        Fill(LogHeader.Bytes);
        if (!LogHeader.TryRead(buffer.AsSpan(0, buffered), title, salt, out var first))
        {
            file.Dispose();
            throw Damaged(0, "the file's beginning does not check out");
        }

        FirstSequence = first;
        position = LogHeader.Bytes;
    }

    public string Path { get; }

    public long FileLength { get; }

    public long FirstSequence { get; }

    /// <summary>Where the next frame begins, or would.</summary>
    public long Offset => bufferStart + position;

    public bool AtEnd => Offset == FileLength;

    /// <summary>Reads the next frame; false at the end, and before anything that is no whole, undamaged frame.</summary>
    /// <param name="sequence">The frame's sequence.</param>
    /// <param name="payload">Valid until the next call.</param>
    public bool TryPeek(out long sequence, out ReadOnlySpan<byte> payload)
    {
        Fill(Frame.HeaderBytes);
        var header = buffer.AsSpan(position, buffered - position);
        if (header.Length >= Frame.HeaderBytes && Frame.LengthOf(header) is > 0 and <= Frame.MaxPayloadBytes and var length)
        {
            Fill(Frame.HeaderBytes + length);
        }

        return Frame.TryRead(buffer.AsSpan(position, buffered - position), salt, out sequence, out payload);
    }

    /// <summary>Goes on to the frame after the one that was read.</summary>
    public void Advance(int payloadBytes) => position += Frame.HeaderBytes + payloadBytes;

    public StateCorruptException Damaged(long offset, string what) =>
        new($"{Path} is damaged at offset {offset}: {what}. Nothing was changed. Restore the folder from a backup.");

    public void Dispose() => file.Dispose();

    private void Fill(int needed)
    {
        if (buffered - position >= needed)
        {
            return;
        }

        bufferStart += position;
        buffered -= position;
        var kept = buffer.AsSpan(position, buffered);
        var target = needed > buffer.Length ? new byte[needed] : buffer;
        kept.CopyTo(target);
        (buffer, position) = (target, 0);
        buffered += ReadAt(buffer.AsSpan(buffered), bufferStart + buffered);
    }

    /// <summary>Fills the target, or less at the file's end.</summary>
    private int ReadAt(Span<byte> target, long offset)
    {
        var read = 0;
        while (read < target.Length)
        {
            var count = RandomAccess.Read(file, target[read..], offset + read);
            if (count == 0)
            {
                break;
            }

            read += count;
        }

        return read;
    }
}
