using System.Collections.Frozen;
using System.Text;

namespace Holdfast;

/// <summary>
/// A named, versioned, expiring map of fields to bytes, as it was at one moment. Immutable: instances are shared by
/// caches and callers, and the bytes of its fields must not be written to.
/// </summary>
public sealed class Record
{
    private const long Never = long.MaxValue;

    private readonly long deadline;

    // A map, or packed fields until somebody asks for the map: most of those who read a record want one field or two.
    private object fields;

    /// <summary>Makes a record; engines do this, applications read them.</summary>
    /// <param name="address">The record's name.</param>
    /// <param name="revision">The revision of the commit that last changed it.</param>
    /// <param name="birth">The revision of the commit that created it.</param>
    /// <param name="fields">The fields; ownership passes to the record.</param>
    /// <param name="deadline">When it expires, as <see cref="TimeProvider.GetTimestamp"/> counts; null when it never does.</param>
    public Record(
        Address address, long revision, long birth, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> fields, long? deadline)
    {
        ArgumentNullException.ThrowIfNull(fields);
        (Address, Revision, Birth, this.fields, this.deadline) = (address, revision, birth, fields, deadline ?? Never);
    }

    /// <summary>Makes a record of packed fields, as <see cref="FieldWalk"/> walks them; they pass to the record.</summary>
    internal Record(Address address, long revision, long birth, byte[] packed, long? deadline) =>
        (Address, Revision, Birth, fields, this.deadline) = (address, revision, birth, packed, deadline ?? Never);

    private Record(Record other, long? deadline) =>
        (Address, Revision, Birth, fields, this.deadline) = (other.Address, other.Revision, other.Birth, other.fields, deadline ?? Never);

    /// <summary>The record's name.</summary>
    public Address Address { get; }

    /// <summary>The revision of the commit that last changed the record. Moving its expiry changes none.</summary>
    public long Revision { get; }

    /// <summary>The revision at which the record was created; one that was deleted and created again has another.</summary>
    public long Birth { get; }

    /// <summary>The fields by name. At most <see cref="StateLimits.MaxRecordBytes"/> bytes in all.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Fields
    {
        get
        {
            var held = fields;
            if (held is byte[] packed)
            {
                fields = held = new PackedFields(packed);
            }

            return (IReadOnlyDictionary<string, ReadOnlyMemory<byte>>)held;
        }
    }

    /// <summary>
    /// When the record expires, as <see cref="TimeProvider.GetTimestamp"/> of this process counts, counted from before
    /// the request was sent, so never later than the store's own; null when it never does.
    /// </summary>
    public long? Deadline => deadline == Never ? null : deadline;

    /// <summary>The field's bytes, or null when the record has no such field.</summary>
    public ReadOnlyMemory<byte>? this[string field] => TryGet(field, out var value) ? value : default(ReadOnlyMemory<byte>?);

    /// <summary>The field as UTF-8 text, or null when the record has no such field.</summary>
    public string? Text(string field) => TryGet(field, out var value) ? Encoding.UTF8.GetString(value.Span) : null;

    /// <summary>The counter that <c>Add</c> and <c>Max</c> keep in the field; 0 when the record has no such field.</summary>
    /// <exception cref="FormatException">The field holds something other than a counter.</exception>
    public long Counter(string field) =>
        !TryGet(field, out var value) ? 0
        : global::Holdfast.Counter.TryParse(value.Span, out var number) ? number
        : throw new FormatException($"Field '{field}' of {Address} is no counter.");

    /// <summary>The time left until the record expires, at least zero; null when it never does.</summary>
    public TimeSpan? TimeToLive(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        if (deadline == Never)
        {
            return null;
        }

        var left = clock.GetElapsedTime(clock.GetTimestamp(), deadline);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    internal static readonly IReadOnlyDictionary<string, ReadOnlyMemory<byte>> NoFields =
        FrozenDictionary<string, ReadOnlyMemory<byte>>.Empty;

    /// <summary>The same record with another expiry.</summary>
    internal Record ExpiringAt(long? deadline) => new(this, deadline);

    /// <summary>The fields' bytes, if the record holds them packed.</summary>
    internal bool TryGetPacked(out ReadOnlySpan<byte> packed)
    {
        var held = fields;
        packed = held is byte[] bytes ? bytes : held is PackedFields map ? map.Packed : default;
        return held is byte[] or PackedFields;
    }

    // Fields by their names are found in packed ones too.
    private bool TryGet(string field, out ReadOnlyMemory<byte> value)
    {
        ArgumentNullException.ThrowIfNull(field);
        value = default;
        return (fields is byte[] packed ? PackedFields.TryWalk(packed, field, out value) : null) ?? Fields.TryGetValue(field, out value);
    }
}
