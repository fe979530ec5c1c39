namespace Holdfast.Embedded;

/// <summary>Writes the frame of a commit that replaces one record's one field: the same bytes as <see cref="CommitFrame"/>, in one go.</summary>
internal ref struct ReplacementFrame(Span<byte> target)
{
    // Kind, partition, revision, wall time, flags, changes, effect, expiry, field's beginning and end, events, and the lengths of three texts.
    private const int MaxBytesBesideTexts = 1 + 10 + 10 + 10 + 1 + 1 + 1 + 11 + 2 + 1 + 15;

    private readonly Span<byte> target = target;
    private int length;

    /// <summary>At least what the frame takes.</summary>
    public static int RoomFor(ReadOnlySpan<byte> address, in FieldReplacement field) =>
        MaxBytesBesideTexts + address.Length + field.Name.Length + field.Value.Length;

    /// <summary>Writes the frame, and tells its length.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="revision">The partition's revision after the commit.</param>
    /// <param name="now">When it is made.</param>
    /// <param name="change">What it makes of the record.</param>
    /// <param name="address">The record's.</param>
    /// <param name="field">The field.</param>
    /// <param name="clock">The store's.</param>
    public int Write(
        int partition, long revision, StoreMoment now, in PlannedChange change, ReadOnlySpan<byte> address, in FieldReplacement field, StoreClock clock)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(now.WallMilliseconds);
        Byte((byte)FrameKind.Commit);
        Number((ulong)partition);
        Number((ulong)revision);
        Number((ulong)now.WallMilliseconds);
        Byte(CommitFrame.TakesRevision);
        Byte(1);
        Byte((byte)change.Effect);
        Text(address);
        if (change.Exists && change.DeadlineBefore == change.Deadline)
        {
            Byte(CommitFrame.ExpiryUnchanged);
        }
        else if (change.Deadline == Slot.Never)
        {
            Byte(CommitFrame.ExpiryNever);
        }
        else
        {
            Byte(CommitFrame.ExpiryAt);
            Number((ulong)clock.ToWall(change.Deadline, now.Timestamp, now.WallMilliseconds));
        }

        Byte(CommitFrame.FieldSet);
        Text(field.Name);
        Text(field.Value);
        Byte(CommitFrame.FieldsEnd);
        Byte(0);
        return length;
    }

    private void Byte(byte value) => target[length++] = value;

    private void Number(ulong value)
    {
        while (value >= 0x80)
        {
            target[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        target[length++] = (byte)value;
    }

    private void Text(ReadOnlySpan<byte> text) => length += FieldWalk.WritePart(target[length..], text);
}
