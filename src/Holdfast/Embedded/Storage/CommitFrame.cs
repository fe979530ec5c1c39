namespace Holdfast.Embedded;

/// <summary>Writes the frame of a commit: what it led to, not what it asked for. <c>docs/storage-format.md</c> has the layout.</summary>
internal static class CommitFrame
{
    public const byte TakesRevision = 1;
    public const byte HasRequest = 2;
    public const byte HasClient = 4;

    public const byte ExpiryUnchanged = 0;
    public const byte ExpiryNever = 1;
    public const byte ExpiryAt = 2;

    public const byte FieldsEnd = 0;
    public const byte FieldSet = 1;
    public const byte FieldRemoved = 2;

    /// <summary>Writes what comes before the changes; each of them follows.</summary>
    public static void Begin(PayloadWriter writer, int partition, PendingCommit pending, int changes)
    {
        writer.Begin(FrameKind.Commit);
        writer.Number(partition);
        writer.Number(pending.Revision);
        writer.Number(pending.WallMilliseconds);
        writer.Byte((byte)((pending.TakesRevision ? TakesRevision : 0)
            | (pending.Mark is not null ? HasRequest : 0)
            | (pending.Sender.IsRemembered ? HasClient : 0)));
        writer.Number(changes);
    }

    /// <summary>Writes a change that leads to something, but for the fields of a record that it creates or changes, which follow.</summary>
    public static void Change(PayloadWriter writer, PendingCommit pending, in PlannedChange change, ReadOnlySpan<byte> address, StoreClock clock)
    {
        writer.Byte((byte)change.Effect);
        writer.Bytes(address);
        if (change.Effect == ChangeEffect.Delete)
        {
            return;
        }

        if (change.Exists && change.DeadlineBefore == change.Deadline)
        {
            writer.Byte(ExpiryUnchanged);
        }
        else if (change.Deadline == Slot.Never)
        {
            writer.Byte(ExpiryNever);
        }
        else
        {
            writer.Byte(ExpiryAt);
            writer.Number(clock.ToWall(change.Deadline, pending.Timestamp, pending.WallMilliseconds));
        }
    }

    /// <summary>Writes what comes after the changes.</summary>
    public static void End(PayloadWriter writer, PendingCommit pending, StoreClock clock)
    {
        writer.Number(pending.Events.Length);
        foreach (var item in pending.Events)
        {
            writer.Text(item.Type);
            writer.Bytes(item.Payload.Span);
        }

        if (pending.Mark is { } mark)
        {
            writer.Text(pending.Request!.Value.Id);
            writer.Text(pending.Request!.Value.Step);
            writer.Text(mark.Fingerprint);
            writer.Number(clock.ToWall(mark.Deadline, pending.Timestamp, pending.WallMilliseconds));
        }

        if (pending.Sender.IsRemembered)
        {
            writer.Text(pending.Sender.Client!);
            writer.Number(pending.Sender.Sequence);
        }
    }
}
