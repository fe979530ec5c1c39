namespace Holdfast.Embedded;

/// <summary>Puts records into a partition that nobody else knows yet: what is newest is visible, and blocks are changed in place where that fits.</summary>
/// <param name="state">The partition.</param>
/// <param name="opened">When the store was opened, by both clocks.</param>
internal sealed class RecordRestore(PartitionState state, WallAnchor opened)
{
    private readonly RecordTable table = state.Table;

    public PartitionState State => state;

    /// <summary>When the store was opened, by both clocks.</summary>
    public WallAnchor Opened => opened;

    /// <summary>Puts a whole record in place of any other.</summary>
    public void Put(ReadOnlySpan<byte> address, long revision, long birth, int fieldCount, ReadOnlySpan<byte> packed, long deadline)
    {
        var slot = table.Find(address, out var hash);
        var block = table.Memory.Allocate(RecordView.SizeOf(address.Length, packed.Length));
        packed.CopyTo(RecordView.Begin(table.Memory.Span(block), address, revision, birth, fieldCount, packed.Length));
        Place(slot, hash, block, deadline);
    }

    /// <summary>Changes fields of a record, as a frame tells them; of one that is absent, makes it of them.</summary>
    public void Change(int slot, uint hash, scoped ReadOnlySpan<byte> address, bool creates, long revision, ref PayloadReader reader, long deadline)
    {
        var editor = state.Editor;
        var birth = revision;
        if (creates || slot < 0)
        {
            editor.Begin(default);
        }
        else
        {
            var block = table.Memory.Span(table[slot].Newest);
            var before = new RecordView(block, 0);
            if (TryChangeInPlace(RecordView.FieldsOf(block), ref reader))
            {
                RecordView.SetRevision(block, revision);
                Expire(slot, deadline);
                return;
            }

            birth = before.Birth;
            editor.Begin(before.Fields);
        }

        ReadFields(editor, ref reader);
        editor.Measure();
        var made = table.Memory.Allocate(RecordView.SizeOf(address.Length, editor.PackedBytes));
        editor.WriteTo(RecordView.Begin(table.Memory.Span(made), address, revision, birth, editor.FieldCount, editor.PackedBytes));
        Place(slot, hash, made, deadline);
    }

    /// <summary>Gives a record another deadline.</summary>
    public void Expire(int slot, long deadline)
    {
        ref var place = ref table[slot];
        place.NewestDeadline = place.VisibleDeadline = deadline;
        state.Expiries.Note(slot, deadline);
    }

    /// <summary>Removes a record.</summary>
    public void Remove(int slot)
    {
        table[slot].Visible = 0;
        table.Remove(slot);
    }

    /// <summary>Passes over the fields of a change that has no effect.</summary>
    public static void SkipFields(ref PayloadReader reader)
    {
        while (reader.Byte() is not CommitFrame.FieldsEnd and var kind)
        {
            reader.Bytes();
            if (CheckedKind(kind) == CommitFrame.FieldSet)
            {
                reader.Bytes();
            }
        }
    }

    private static byte CheckedKind(byte kind) => kind is CommitFrame.FieldSet or CommitFrame.FieldRemoved
        ? kind
        : throw new FormatException("The frame has a field of an unknown kind.");

    private static void ReadFields(RecordEditor editor, ref PayloadReader reader)
    {
        while (reader.Byte() is not CommitFrame.FieldsEnd and var kind)
        {
            var name = reader.Bytes();
            if (CheckedKind(kind) == CommitFrame.FieldSet)
            {
                editor.Set(name, reader.Bytes());
            }
            else
            {
                editor.Remove(name);
            }
        }
    }

    /// <summary>
    /// Writes values over others of the same length, as most changes do. Goes back to where it began when one does not fit: what it wrote is
    /// then written again.
    /// </summary>
    private static bool TryChangeInPlace(Span<byte> packed, ref PayloadReader reader)
    {
        var ahead = reader;
        while (ahead.Byte() is not CommitFrame.FieldsEnd and var kind)
        {
            var name = ahead.Bytes();
            var walk = new FieldWalk(packed);
            if (CheckedKind(kind) == CommitFrame.FieldRemoved || !walk.Find(name))
            {
                return false;
            }

            var value = ahead.Bytes();
            if (value.Length != walk.ValueLength)
            {
                return false;
            }

            value.CopyTo(packed[walk.ValueStart..]);
        }

        reader = ahead;
        return true;
    }

    private void Place(int slot, uint hash, uint block, long deadline)
    {
        if (slot < 0)
        {
            slot = table.Add(hash, block, deadline);
            table[slot].Visible = block;
        }
        else
        {
            var old = table[slot].Newest;
            table.Replace(slot, block, deadline);
            table[slot].Visible = block;
            table.Memory.Free(old);
        }

        table[slot].VisibleDeadline = deadline;
        state.Expiries.Note(slot, deadline);

        // Nobody knows how long ago anything was used before.
        table.Use(slot, opened.Timestamp);
    }
}
