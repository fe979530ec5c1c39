namespace Holdfast.Embedded;

/// <summary>Reads a log or a snapshot from its beginning, frame by frame.</summary>
internal sealed class FrameReader : IDisposable
{
    private const int ReadBytes = 1 << 20;

    private readonly StoreFile file;
    private readonly ulong salt;
    private byte[] buffer = new byte[ReadBytes];
    private long bufferStart;
    private int buffered;
    private int position;

    /// <param name="disk">The disk.</param>
    /// <param name="path">The file.</param>
    /// <param name="title">How it must begin.</param>
    /// <param name="salt">The store's.</param>
    /// <param name="mayBeDamaged">Whether to go on behind a beginning that does not check out.</param>
    public FrameReader(StoreDisk disk, string path, ReadOnlySpan<byte> title, ulong salt, bool mayBeDamaged = false)
    {
        Path = path;
        this.salt = salt;
        if (!disk.Exists(path))
        {
            throw new StateCorruptException($"{path} is missing, though the manifest names it. Restore the folder from a backup.");
        }

        file = disk.OpenToRead(path);
        FileLength = file.Length;
        Fill(LogHeader.Bytes);
        HasHeader = LogHeader.TryRead(buffer.AsSpan(0, buffered), title, salt, out var first);
        if (!HasHeader && !mayBeDamaged)
        {
            file.Dispose();
            throw Damaged(0, "the file's beginning does not check out");
        }

        FirstSequence = first;
        position = Math.Min(buffered, LogHeader.Bytes);
    }

    public string Path { get; }

    public long FileLength { get; }

    /// <summary>Whether the file's beginning checks out.</summary>
    public bool HasHeader { get; }

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

    /// <summary>Goes on to the next whole frame whose sequence is above this one; false if there is none, at the file's end.</summary>
    public bool TryFind(long above)
    {
        for (; !AtEnd; position++)
        {
            Fill(Frame.HeaderBytes);
            var header = buffer.AsSpan(position, buffered - position);
            if (header.Length >= Frame.HeaderBytes && Frame.SequenceOf(header) is var found && found > above
                && found - above <= FileLength && TryPeek(out _, out _))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Goes to this place.</summary>
    public void Seek(long offset) => (bufferStart, buffered, position) = (offset, 0, 0);

    /// <summary>How many bytes follow the last frame, without the zeros at the file's end, which are written ahead of frames.</summary>
    public long FindTail()
    {
        var start = Offset;
        var end = start;
        while (!AtEnd)
        {
            Fill(1);
            var rest = buffer.AsSpan(position, buffered - position);
            if (rest.LastIndexOfAnyExcept((byte)0) is >= 0 and var last)
            {
                end = Offset + last + 1;
            }

            position = buffered;
        }

        return end - start;
    }

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
        buffered += file.Read(buffer.AsSpan(buffered), bufferStart + buffered);
    }
}
