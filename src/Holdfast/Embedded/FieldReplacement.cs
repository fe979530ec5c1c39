namespace Holdfast.Embedded;

/// <summary>The one field of a record after a commit that gives it no other.</summary>
/// <param name="name">The field's name.</param>
/// <param name="value">Its value; with the name well below what a record may have.</param>
/// <param name="expiry">When the record shall expire.</param>
internal readonly ref struct FieldReplacement(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, Expiry expiry)
{
    /// <summary>The longest value: anything longer is weighed against the limits of a record.</summary>
    public const int MaxValueBytes = StateLimits.MaxRecordBytes / 2;

    public ReadOnlySpan<byte> Name { get; } = name;

    public ReadOnlySpan<byte> Value { get; } = value;

    public Expiry Expiry { get; } = expiry;

    /// <summary>The bytes that it takes packed.</summary>
    public int PackedBytes => FieldWalk.PartBytes(Name.Length) + FieldWalk.PartBytes(Value.Length);

    /// <summary>Writes the packed field.</summary>
    public void WriteTo(Span<byte> target) => FieldWalk.WritePart(target[FieldWalk.WritePart(target, Name)..], Value);

    /// <summary>Writes the field as a log's frame tells it.</summary>
    public void WriteTo(PayloadWriter writer)
    {
        writer.Byte(CommitFrame.FieldSet);
        writer.Bytes(Name);
        writer.Bytes(Value);
        writer.Byte(CommitFrame.FieldsEnd);
    }
}
