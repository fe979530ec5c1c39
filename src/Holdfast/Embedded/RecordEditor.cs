using System.Text;

namespace Holdfast.Embedded;

/// <summary>
/// Makes the packed fields of a record's next version from those of the one before. Names and values lie in one scratch
/// buffer, the packed fields of before in front. Reused; for one thread at a time.
/// </summary>
internal sealed class RecordEditor
{
    // Up to here, looking at one name after another is as fast as an index.
    private const int WalkedFields = 24;

    // So few names are looked for without an index: making it takes a key for each field.
    private const int WalkedNames = 4;

    private const int InitialBytes = 512;
    private const int KeptBytes = 64 << 10;

    private readonly Dictionary<ReadOnlyMemory<byte>, int> index = new(FieldNameComparer.Instance);
    private Field[] fields = new Field[16];
    private int count;
    private byte[] text = new byte[InitialBytes];
    private int filled;
    private bool isIndexed;
    private int asked;

    /// <summary>How many fields the record has now.</summary>
    public int FieldCount { get; private set; }

    /// <summary>The bytes that they take packed.</summary>
    public int PackedBytes { get; private set; }

    /// <summary>Begins with these packed fields.</summary>
    public void Begin(ReadOnlySpan<byte> packed)
    {
        if (text.Length > KeptBytes)
        {
            (text, fields) = (new byte[InitialBytes], new Field[16]);
        }

        if (text.Length < packed.Length + InitialBytes)
        {
            text = new byte[packed.Length + InitialBytes];
        }

        (count, filled, isIndexed, asked) = (0, 0, false, 0);
        index.Clear();
        Append(packed);
        var walk = new FieldWalk(packed);
        while (walk.MoveNext())
        {
            AddField() = new Field
            {
                NameStart = walk.NameStart, NameLength = walk.NameLength, ValueStart = walk.ValueStart, ValueLength = walk.ValueLength,
            };
        }
    }

    /// <summary>Does an update's operations.</summary>
    /// <exception cref="StateLimitException">The record would be over a limit, or a counter is none or would leave its range.</exception>
    public void Apply(RecordChange change)
    {
        Span<byte> name = stackalloc byte[StateLimits.MaxFieldNameBytes];
        for (var i = 0; i < change.Operations.Count; i++)
        {
            var operation = change.Operations[i];
            Apply(operation, name[..Encoding.UTF8.GetBytes(operation.Field, name)], change.Address);
        }

        Measure();
        CheckLimits(change.Address);
    }

    public void Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var at = Find(name);
        if (at < 0)
        {
            at = count;
            var start = filled;
            Append(name);
            AddField() = new Field { NameStart = start, NameLength = name.Length };
            if (isIndexed)
            {
                index.Add(text.AsMemory(start, name.Length).ToArray(), at);
            }
        }

        fields[at] = fields[at] with { ValueStart = filled, ValueLength = value.Length, IsTouched = true, IsRemoved = false };
        Append(value);
    }

    public void Remove(ReadOnlySpan<byte> name)
    {
        if (Find(name) is >= 0 and var at)
        {
            fields[at] = fields[at] with { IsTouched = true, IsRemoved = true };
        }
    }

    /// <summary>Sets <see cref="FieldCount"/> and <see cref="PackedBytes"/> after the last change.</summary>
    public void Measure()
    {
        (FieldCount, PackedBytes) = (0, 0);
        foreach (ref readonly var field in fields.AsSpan(0, count))
        {
            if (!field.IsRemoved)
            {
                FieldCount++;
                PackedBytes += FieldWalk.PartBytes(field.NameLength) + FieldWalk.PartBytes(field.ValueLength);
            }
        }
    }

    /// <summary>Writes the packed fields, which take <see cref="PackedBytes"/>.</summary>
    public void WriteTo(Span<byte> target)
    {
        foreach (ref readonly var field in fields.AsSpan(0, count))
        {
            if (!field.IsRemoved)
            {
                target = target[FieldWalk.WritePart(target, NameOf(field))..];
                target = target[FieldWalk.WritePart(target, ValueOf(field))..];
            }
        }
    }

    /// <summary>Writes each field that was changed or removed, as a log's frame tells it.</summary>
    public void WriteTouched(PayloadWriter writer)
    {
        foreach (ref readonly var field in fields.AsSpan(0, count))
        {
            if (field.IsTouched)
            {
                writer.Byte(field.IsRemoved ? CommitFrame.FieldRemoved : CommitFrame.FieldSet);
                writer.Bytes(NameOf(field));
                if (!field.IsRemoved)
                {
                    writer.Bytes(ValueOf(field));
                }
            }
        }

        writer.Byte(CommitFrame.FieldsEnd);
    }

    private void Apply(in FieldOperation operation, ReadOnlySpan<byte> name, Address address)
    {
        switch (operation.Kind)
        {
            case FieldOperationKind.Set:
                Set(name, operation.Value.Span);
                break;
            case FieldOperationKind.Remove:
                Remove(name);
                break;
            case FieldOperationKind.Add:
                var sum = Current(name, operation.Field, address).GetValueOrDefault() + operation.Number;
                Set(name, Counter.InRange(sum)
                    ? Counter.Format(sum)
                    : throw new StateLimitException($"Counter '{operation.Field}' of {address.Kind} would leave the range of ±{Counter.Maximum}."));
                break;
            default:
                var highest = Math.Max(Current(name, operation.Field, address) ?? operation.Number, operation.Number);
                Set(name, Counter.Format(highest));
                break;
        }
    }

    private long? Current(ReadOnlySpan<byte> name, string field, Address address) =>
        Find(name) is not (>= 0 and var at) || fields[at].IsRemoved ? null
        : Counter.TryParse(ValueOf(fields[at]), out var number) ? number
        : throw new StateLimitException($"Field '{field}' of {address.Kind} holds no counter, so it can't be counted.");

    private void CheckLimits(Address address)
    {
        if (FieldCount > StateLimits.MaxFieldsPerRecord)
        {
            throw new StateLimitException(
                $"A record has at most {StateLimits.MaxFieldsPerRecord} fields; this {address.Kind} would have {FieldCount}.");
        }

        if (PackedBytes <= StateLimits.MaxRecordBytes)
        {
            return;
        }

        long bytes = 0;
        foreach (ref readonly var field in fields.AsSpan(0, count))
        {
            bytes += field.IsRemoved ? 0 : field.NameLength + field.ValueLength;
        }

        if (bytes > StateLimits.MaxRecordBytes)
        {
            throw new StateLimitException(
                $"A record has at most {StateLimits.MaxRecordBytes} bytes of names and values; this {address.Kind} would have {bytes}.");
        }
    }

    private ReadOnlySpan<byte> NameOf(in Field field) => text.AsSpan(field.NameStart, field.NameLength);

    private ReadOnlySpan<byte> ValueOf(in Field field) => text.AsSpan(field.ValueStart, field.ValueLength);

    private int Find(ReadOnlySpan<byte> name)
    {
        if (count > WalkedFields && ++asked > WalkedNames)
        {
            return FindInIndex(name);
        }

        for (var i = 0; i < count; i++)
        {
            if (fields[i].NameLength == name.Length && NameOf(fields[i]).SequenceEqual(name))
            {
                return i;
            }
        }

        return -1;
    }

    private int FindInIndex(ReadOnlySpan<byte> name)
    {
        if (!isIndexed)
        {
            for (var i = 0; i < count; i++)
            {
                index[NameOf(fields[i]).ToArray()] = i;
            }

            isIndexed = true;
        }

        return index.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var at) ? at : -1;
    }

    private ref Field AddField()
    {
        if (count == fields.Length)
        {
            Array.Resize(ref fields, count * 2);
        }

        return ref fields[count++];
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (text.Length - filled < bytes.Length)
        {
            Array.Resize(ref text, Math.Max(text.Length * 2, filled + bytes.Length));
        }

        bytes.CopyTo(text.AsSpan(filled));
        filled += bytes.Length;
    }

    private readonly record struct Field
    {
        public int NameStart { get; init; }

        public int NameLength { get; init; }

        public int ValueStart { get; init; }

        public int ValueLength { get; init; }

        public bool IsTouched { get; init; }

        public bool IsRemoved { get; init; }
    }
}
