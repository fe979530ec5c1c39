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

    /// <param name="writer">Where to.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="pending">What the commit led to.</param>
    /// <param name="commit">The commit; null for a reaping.</param>
    /// <param name="clock">Turns deadlines into wall time.</param>
    public static void Write(PayloadWriter writer, int partition, PendingCommit pending, Commit? commit, StoreClock clock)
    {
        writer.Begin(FrameKind.Commit);
        writer.Number(partition);
        writer.Number(pending.Revision);
        writer.Number(pending.WallMilliseconds);
        writer.Byte((byte)((pending.TakesRevision ? TakesRevision : 0)
            | (pending.Mark is not null ? HasRequest : 0)
            | (pending.Sender.IsRemembered ? HasClient : 0)));
        WriteChanges(writer, pending, commit, clock);
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
            writer.Number(clock.ToWall(mark.Deadline));
        }

        if (pending.Sender.IsRemembered)
        {
            writer.Text(pending.Sender.Client!);
            writer.Number(pending.Sender.Sequence);
        }
    }

    private static void WriteChanges(PayloadWriter writer, PendingCommit pending, Commit? commit, StoreClock clock)
    {
        var count = 0;
        foreach (var change in pending.Changes)
        {
            count += change.Effect == ChangeEffect.None ? 0 : 1;
        }

        writer.Number(count);
        for (var i = 0; i < pending.Changes.Length; i++)
        {
            ref readonly var change = ref pending.Changes[i];
            if (change.Effect == ChangeEffect.None)
            {
                continue;
            }

            writer.Byte((byte)change.Effect);
            writer.Text(change.Address.ToString());
            if (change.Effect != ChangeEffect.Delete)
            {
                WriteExpiry(writer, change.Before, change.After!, clock);
            }

            if (change.Effect is ChangeEffect.Create or ChangeEffect.Change)
            {
                WriteFields(writer, commit!.Changes[i].Operations, change.After!);
            }
        }
    }

    private static void WriteExpiry(PayloadWriter writer, Record? before, Record after, StoreClock clock)
    {
        if (before is not null && before.Deadline == after.Deadline)
        {
            writer.Byte(ExpiryUnchanged);
        }
        else if (after.Deadline is not { } deadline)
        {
            writer.Byte(ExpiryNever);
        }
        else
        {
            writer.Byte(ExpiryAt);
            writer.Number(clock.ToWall(deadline));
        }
    }

    /// <summary>
    /// Tells each field that was operated on once. A created record was made by its operations alone, so their
    /// results are all of it.
    /// </summary>
    private static void WriteFields(PayloadWriter writer, IReadOnlyList<FieldOperation> operations, Record after)
    {
        var written = operations.Count > 1 ? new HashSet<string>(operations.Count, StringComparer.Ordinal) : null;
        foreach (var operation in operations)
        {
            if (written is not null && !written.Add(operation.Field))
            {
                continue;
            }

            if (after.Fields.TryGetValue(operation.Field, out var value))
            {
                writer.Byte(FieldSet);
                writer.Text(operation.Field);
                writer.Bytes(value.Span);
            }
            else
            {
                writer.Byte(FieldRemoved);
                writer.Text(operation.Field);
            }
        }

        writer.Byte(FieldsEnd);
    }
}
