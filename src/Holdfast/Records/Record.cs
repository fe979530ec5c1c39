using System.Collections.Frozen;
using System.Text;

namespace Holdfast;

/// <summary>
/// A named, versioned, expiring map of fields to bytes, as it was at one moment. Immutable: instances are shared by
/// caches and callers, and the bytes of its fields must not be written to.
/// </summary>
public sealed class Record
{
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
        Address = address;
        Revision = revision;
        Birth = birth;
        Fields = fields;
        Deadline = deadline;
    }

    /// <summary>The record's name.</summary>
    public Address Address { get; }

    /// <summary>The revision of the commit that last changed the record. Moving its expiry changes none.</summary>
    public long Revision { get; }

    /// <summary>The revision at which the record was created; one that was deleted and created again has another.</summary>
    public long Birth { get; }

    /// <summary>The fields by name. At most <see cref="StateLimits.MaxRecordBytes"/> bytes in all.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Fields { get; }

    /// <summary>
    /// When the record expires, as <see cref="TimeProvider.GetTimestamp"/> of this process counts, counted from before
    /// the request was sent, so never later than the store's own; null when it never does.
    /// </summary>
    public long? Deadline { get; }

    /// <summary>The field's bytes, or null when the record has no such field.</summary>
    public ReadOnlyMemory<byte>? this[string field] => Fields.TryGetValue(field, out var value) ? value : default(ReadOnlyMemory<byte>?);

    /// <summary>The field as UTF-8 text, or null when the record has no such field.</summary>
    public string? Text(string field) => Fields.TryGetValue(field, out var value) ? Encoding.UTF8.GetString(value.Span) : null;

    /// <summary>The counter that <c>Add</c> and <c>Max</c> keep in the field; 0 when the record has no such field.</summary>
    /// <exception cref="FormatException">The field holds something other than a counter.</exception>
    public long Counter(string field) =>
        !Fields.TryGetValue(field, out var value) ? 0
        : global::Holdfast.Counter.TryParse(value.Span, out var number) ? number
        : throw new FormatException($"Field '{field}' of {Address} is no counter.");

    /// <summary>The time left until the record expires, at least zero; null when it never does.</summary>
    public TimeSpan? TimeToLive(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        if (Deadline is not { } deadline)
        {
            return null;
        }

        var left = clock.GetElapsedTime(clock.GetTimestamp(), deadline);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    internal static readonly IReadOnlyDictionary<string, ReadOnlyMemory<byte>> NoFields =
        FrozenDictionary<string, ReadOnlyMemory<byte>>.Empty;
}
