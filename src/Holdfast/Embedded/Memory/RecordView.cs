using System.Buffers.Binary;

namespace Holdfast.Embedded;

/// <summary>
/// A version of a record as its block holds it: revision (8 bytes), birth (8), the bytes of the fields (4), how many fields (2), the bytes of the
/// address (2), the address in ASCII, the packed fields (<see cref="FieldWalk"/>). Little-endian. A block is not changed
/// once others can see it. Empty: no record.
/// </summary>
internal readonly ref struct RecordView(ReadOnlySpan<byte> block, long deadline)
{
    private const int HeaderBytes = 24;

    private readonly ReadOnlySpan<byte> block = block;

    public bool IsAbsent => block.IsEmpty;

    public long Revision => BinaryPrimitives.ReadInt64LittleEndian(block);

    public long Birth => BinaryPrimitives.ReadInt64LittleEndian(block[8..]);

    /// <summary>When it expires, as a timestamp; <see cref="Slot.Never"/>.</summary>
    public long Deadline => deadline;

    public int FieldCount => BinaryPrimitives.ReadUInt16LittleEndian(block[20..]);

    public ReadOnlySpan<byte> Address => block.Slice(HeaderBytes, AddressBytes);

    public ReadOnlySpan<byte> Fields => block.Slice(HeaderBytes + AddressBytes, FieldBytes);

    /// <summary>All that is in use of the block.</summary>
    public ReadOnlySpan<byte> Bytes => block[..(HeaderBytes + AddressBytes + FieldBytes)];

    private int FieldBytes => BinaryPrimitives.ReadInt32LittleEndian(block[16..]);

    private int AddressBytes => BinaryPrimitives.ReadUInt16LittleEndian(block[22..]);

    /// <summary>The bytes of a version.</summary>
    public static int SizeOf(int addressBytes, int fieldBytes) => HeaderBytes + addressBytes + fieldBytes;

    /// <summary>Writes all but the fields into a block, and gives the room for these.</summary>
    public static Span<byte> Begin(Span<byte> block, ReadOnlySpan<byte> address, long revision, long birth, int fieldCount, int fieldBytes)
    {
        BinaryPrimitives.WriteInt64LittleEndian(block, revision);
        BinaryPrimitives.WriteInt64LittleEndian(block[8..], birth);
        BinaryPrimitives.WriteInt32LittleEndian(block[16..], fieldBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(block[20..], (ushort)fieldCount);
        BinaryPrimitives.WriteUInt16LittleEndian(block[22..], (ushort)address.Length);
        address.CopyTo(block[HeaderBytes..]);
        return block.Slice(HeaderBytes + address.Length, fieldBytes);
    }

    /// <summary>Gives a block that nobody else can see another revision.</summary>
    public static void SetRevision(Span<byte> block, long revision) => BinaryPrimitives.WriteInt64LittleEndian(block, revision);

    /// <summary>The room of the fields, of a block that nobody else can see.</summary>
    public static Span<byte> FieldsOf(Span<byte> block)
    {
        var address = BinaryPrimitives.ReadUInt16LittleEndian(block[22..]);
        return block.Slice(HeaderBytes + address, BinaryPrimitives.ReadInt32LittleEndian(block[16..]));
    }

    /// <summary>A copy, for who keeps it.</summary>
    public Record? ToRecord(Address address) =>
        IsAbsent ? null
        : new Record(
            address, Revision, Birth, FieldCount == 0 ? Record.NoFields : new PackedFields(Fields.ToArray(), FieldCount), deadline == Slot.Never ? null : deadline);

    public Record? ToRecord() => IsAbsent ? null : ToRecord(global::Holdfast.Address.OfValidBytes(Address));

    /// <summary>Copies into a buffer, and tells whether there is a record.</summary>
    public bool CopyTo(RecordBuffer buffer, Stamp at)
    {
        if (IsAbsent)
        {
            buffer.Fill(at);
            return false;
        }

        buffer.Fill(at, Revision, Birth, deadline == Slot.Never ? null : deadline, FieldCount, Fields);
        return true;
    }

    /// <summary>Whether the condition holds of the record, or of its absence; as <see cref="Condition.HoldsFor"/>.</summary>
    public bool Meets(in Condition condition)
    {
        switch (condition.Kind)
        {
            case ConditionKind.BornAt:
                return !IsAbsent && Birth == condition.Number;
            case ConditionKind.RevisionIs:
                return !IsAbsent && Revision == condition.Number;
            case ConditionKind.FieldIs:
                return TryField(condition.Field!, out var value) && value.SequenceEqual(condition.Value.Span);
            case ConditionKind.FieldAbsent:
                return !TryField(condition.Field!, out _);
            case ConditionKind.Absent:
                return IsAbsent;
            case ConditionKind.Exists:
                return !IsAbsent;
            default:
                return condition.HoldsFor(null);
        }
    }

    public bool TryField(scoped ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (IsAbsent)
        {
            return false;
        }

        var walk = new FieldWalk(Fields);
        var found = walk.Find(name);
        value = found ? walk.Value : default;
        return found;
    }

    private bool TryField(string name, out ReadOnlySpan<byte> value)
    {
        Span<byte> bytes = stackalloc byte[StateLimits.MaxFieldNameBytes];
        return TryField(bytes[..System.Text.Encoding.UTF8.GetBytes(name, bytes)], out value);
    }
}
