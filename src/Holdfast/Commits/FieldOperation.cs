using System.Text;

namespace Holdfast;

/// <summary>What a commit does to one field: what the writer means, not what the bytes become.</summary>
public readonly record struct FieldOperation
{
    private FieldOperation(FieldOperationKind kind, string field, ReadOnlyMemory<byte> value, long number) =>
        (Kind, Field, Value, Number) = (kind, field, value, number);

    /// <summary>What is done.</summary>
    public FieldOperationKind Kind { get; }

    /// <summary>The field's name.</summary>
    public string Field { get; }

    /// <summary>The bytes of <see cref="FieldOperationKind.Set"/>. Not copied: leave them alone until the commit has ended.</summary>
    public ReadOnlyMemory<byte> Value { get; }

    /// <summary>The number of <see cref="FieldOperationKind.Add"/> and <see cref="FieldOperationKind.Max"/>.</summary>
    public long Number { get; }

    /// <summary>Bytes that the operation adds to a commit.</summary>
    internal int Bytes => Value.Length + Encoding.UTF8.GetByteCount(Field) + 8;

    /// <summary>The field holds these bytes.</summary>
    public static FieldOperation Set(string field, ReadOnlyMemory<byte> value) =>
        new(FieldOperationKind.Set, FieldName.Checked(field), value, 0);

    /// <summary>The record lacks the field. No effect if it does already.</summary>
    public static FieldOperation Remove(string field) => new(FieldOperationKind.Remove, FieldName.Checked(field), default, 0);

    /// <summary>The counter in the field, 0 if absent, grows by this much, which may be negative.</summary>
    public static FieldOperation Add(string field, long delta) =>
        new(FieldOperationKind.Add, FieldName.Checked(field), default, InRange(delta));

    /// <summary>The counter in the field is at least this much; an absent one becomes it.</summary>
    public static FieldOperation Max(string field, long floor) =>
        new(FieldOperationKind.Max, FieldName.Checked(field), default, InRange(floor));

    private static long InRange(long number) =>
        Counter.InRange(number)
            ? number
            : throw new ArgumentOutOfRangeException(
                nameof(number), number, "A counter counts from -(2^53 - 1) to 2^53 - 1, the exact integers of JSON and Lua.");
}
