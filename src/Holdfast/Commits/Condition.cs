using System.Text;

namespace Holdfast;

/// <summary>What must hold of a record for a commit to be made. Checked inside the commit, with nothing in between.</summary>
public readonly record struct Condition
{
    private Condition(ConditionKind kind, long number, string? field, ReadOnlyMemory<byte> value) =>
        (Kind, Number, Field, Value) = (kind, number, field, value);

    /// <summary>There is no such record.</summary>
    public static Condition Absent => new(ConditionKind.Absent, 0, null, default);

    /// <summary>There is such a record.</summary>
    public static Condition Exists => new(ConditionKind.Exists, 0, null, default);

    /// <summary>Which condition it is.</summary>
    public ConditionKind Kind { get; }

    /// <summary>The field of <see cref="ConditionKind.FieldIs"/> and <see cref="ConditionKind.FieldAbsent"/>.</summary>
    public string? Field { get; }

    /// <summary>The bytes of <see cref="ConditionKind.FieldIs"/>.</summary>
    public ReadOnlyMemory<byte> Value { get; }

    /// <summary>The revision of <see cref="ConditionKind.BornAt"/> and <see cref="ConditionKind.RevisionIs"/>.</summary>
    public long Number { get; }

    /// <summary>The record is the one that was created at this revision, not a later one of the same name.</summary>
    public static Condition BornAt(long birth) => new(ConditionKind.BornAt, birth, null, default);

    /// <summary>The record was last changed at this revision.</summary>
    public static Condition RevisionIs(long revision) => new(ConditionKind.RevisionIs, revision, null, default);

    /// <summary>The record has the field, and it holds exactly these bytes.</summary>
    public static Condition FieldIs(string field, ReadOnlyMemory<byte> value) =>
        new(ConditionKind.FieldIs, 0, FieldName.Checked(field), value);

    /// <summary>The record lacks the field, or there is no such record.</summary>
    public static Condition FieldAbsent(string field) => new(ConditionKind.FieldAbsent, 0, FieldName.Checked(field), default);

    /// <summary>Whether the condition holds of the record, or of its absence.</summary>
    public bool HoldsFor(Record? record) => Kind switch
    {
        ConditionKind.Absent => record is null,
        ConditionKind.Exists => record is not null,
        ConditionKind.BornAt => record?.Birth == Number,
        ConditionKind.RevisionIs => record?.Revision == Number,
        ConditionKind.FieldIs => record?[Field!] is { } value && value.Span.SequenceEqual(Value.Span),
        ConditionKind.FieldAbsent => record?[Field!] is null,
        _ => throw new InvalidOperationException("This condition was never given a value."),
    };

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        ConditionKind.BornAt or ConditionKind.RevisionIs => $"{Kind}({Number})",
        ConditionKind.FieldIs => $"FieldIs({Field}, {Value.Length} bytes)",
        ConditionKind.FieldAbsent => $"FieldAbsent({Field})",
        _ => Kind.ToString(),
    };

    /// <summary>Bytes that the condition adds to a commit.</summary>
    internal int Bytes => Value.Length + (Field is null ? 8 : Encoding.UTF8.GetByteCount(Field));
}
