using Fields = System.Collections.Generic.Dictionary<string, System.ReadOnlyMemory<byte>>;

namespace Holdfast.Embedded;

/// <summary>Makes the next version of a record. Leaves the one before as it is.</summary>
internal static class RecordEditor
{
    /// <summary>The record with an update's operations done.</summary>
    /// <exception cref="StateLimitException">It would be over a limit, or a counter is none or would leave its range.</exception>
    public static Record Update(Record? before, RecordChange change, long revision, long? deadline)
    {
        var fields = before?.Fields ?? Record.NoFields;
        if (change.Operations.Count > 0)
        {
            var edited = Copy(fields);
            foreach (var operation in change.Operations)
            {
                Apply(edited, operation, change.Address);
            }

            CheckLimits(edited, change.Address);
            fields = edited;
        }

        return new Record(change.Address, revision, before?.Birth ?? revision, fields, deadline);
    }

    public static Record Touch(Record before, long? deadline) =>
        new(before.Address, before.Revision, before.Birth, before.Fields, deadline);

    public static Fields Copy(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> fields) =>
        fields is Fields known ? new Fields(known, StringComparer.Ordinal) : new Fields(StringComparer.Ordinal);

    private static void Apply(Fields fields, FieldOperation operation, Address address)
    {
        switch (operation.Kind)
        {
            case FieldOperationKind.Set:
                fields[operation.Field] = operation.Value.ToArray();
                break;
            case FieldOperationKind.Remove:
                fields.Remove(operation.Field);
                break;
            case FieldOperationKind.Add:
                var sum = Current(fields, operation.Field, address).GetValueOrDefault() + operation.Number;
                fields[operation.Field] = Counter.InRange(sum)
                    ? Counter.Format(sum)
                    : throw new StateLimitException($"Counter '{operation.Field}' of {address.Kind} would leave the range of ±{Counter.Maximum}.");
                break;
            default:
                var highest = Math.Max(Current(fields, operation.Field, address) ?? operation.Number, operation.Number);
                fields[operation.Field] = Counter.Format(highest);
                break;
        }
    }

    private static long? Current(Fields fields, string field, Address address) =>
        !fields.TryGetValue(field, out var value) ? null
        : Counter.TryParse(value.Span, out var number) ? number
        : throw new StateLimitException($"Field '{field}' of {address.Kind} holds no counter, so it can't be counted.");

    private static void CheckLimits(Fields fields, Address address)
    {
        if (fields.Count > StateLimits.MaxFieldsPerRecord)
        {
            throw new StateLimitException(
                $"A record has at most {StateLimits.MaxFieldsPerRecord} fields; this {address.Kind} would have {fields.Count}.");
        }

        long bytes = 0;
        foreach (var (name, value) in fields)
        {
            bytes += System.Text.Encoding.UTF8.GetByteCount(name) + value.Length;
        }

        if (bytes > StateLimits.MaxRecordBytes)
        {
            throw new StateLimitException(
                $"A record has at most {StateLimits.MaxRecordBytes} bytes of names and values; this {address.Kind} would have {bytes}.");
        }
    }
}
