using System.Runtime.InteropServices;

namespace Holdfast;

/// <summary>
/// What a commit does to one record, and under which conditions. Made by <see cref="Update"/>, <see cref="Delete"/> or
/// <see cref="Keep"/> and completed by the methods that return it. Not safe for concurrent use while it is completed.
/// </summary>
public sealed class RecordChange
{
    private readonly List<Condition> conditions = [];
    private readonly List<FieldOperation> operations = [];

    private RecordChange(Address address, ChangeKind kind) => (Address, Kind) = (address, kind);

    /// <summary>The record.</summary>
    public Address Address { get; }

    /// <summary>Whether the record is updated, deleted or kept.</summary>
    public ChangeKind Kind { get; }

    /// <summary>What must hold of the record as it is before the commit; all of them.</summary>
    public IReadOnlyList<Condition> Conditions => conditions;

    /// <summary>What is done to its fields, in this order.</summary>
    public IReadOnlyList<FieldOperation> Operations => operations;

    /// <summary>When it shall expire.</summary>
    public Expiry Expiry { get; private set; }

    /// <summary>The term in which a client was told of the record that it holds; 0 when it says of none. Nothing depends on it but the answer.</summary>
    internal long HeldTerm { get; private set; }

    /// <summary>The revision of the record that a client holds.</summary>
    internal long HeldRevision { get; private set; }

    /// <summary><see cref="Conditions"/>, to go through without an enumerator on the heap.</summary>
    internal ReadOnlySpan<Condition> ConditionSpan => CollectionsMarshal.AsSpan(conditions);

    /// <summary><see cref="Operations"/>, to go through without an enumerator on the heap.</summary>
    internal ReadOnlySpan<FieldOperation> OperationSpan => CollectionsMarshal.AsSpan(operations);

    /// <summary>
    /// Changes fields of the record and gives it the commit's revision. A record that is absent is created, born at
    /// that revision; demand <see cref="Condition.BornAt"/> where a late commit must not revive one that was removed.
    /// </summary>
    public static RecordChange Update(Address address) => new(address, ChangeKind.Update);

    /// <summary>Removes the record. No effect if it is absent.</summary>
    public static RecordChange Delete(Address address) => new(address, ChangeKind.Delete);

    /// <summary>
    /// Leaves the record's fields and revision as they are: to check a condition on it or, with
    /// <see cref="ExpireAfter"/>, to touch it. Touching an absent record has no effect.
    /// </summary>
    public static RecordChange Keep(Address address) => new(address, ChangeKind.Keep);

    /// <summary>The client that sends the change holds the record as it was then: if it still is, the answer need not tell it.</summary>
    internal RecordChange Holding(long term, long revision)
    {
        (HeldTerm, HeldRevision) = (term, revision);
        return this;
    }

    /// <summary>The commit is refused unless this holds.</summary>
    public RecordChange When(Condition condition)
    {
        // Most changes have one, and a list begins with room for four.
        conditions.Capacity = Math.Max(conditions.Capacity, 1);
        conditions.Add(condition);
        return this;
    }

    /// <summary>Does this to a field; only an update can.</summary>
    /// <exception cref="InvalidOperationException">The change is no update.</exception>
    public RecordChange With(FieldOperation operation)
    {
        if (Kind != ChangeKind.Update)
        {
            throw new InvalidOperationException($"{Kind} of {Address} can't change fields: use RecordChange.Update.");
        }

        operations.Add(operation);
        return this;
    }

    /// <summary>Gives the field these bytes, which are not copied: leave them alone until the commit has ended.</summary>
    public RecordChange Set(string field, ReadOnlyMemory<byte> value) => With(FieldOperation.Set(field, value));

    /// <summary>Gives the field this text, as UTF-8.</summary>
    public RecordChange Set(string field, string text) => With(FieldOperation.Set(field, System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>Takes the field away, if it is there.</summary>
    public RecordChange Remove(string field) => With(FieldOperation.Remove(field));

    /// <summary>Counts the field up, or down by a negative number; an absent field counts as 0.</summary>
    public RecordChange Add(string field, long delta) => With(FieldOperation.Add(field, delta));

    /// <summary>Raises the counter in the field to at least this; an absent field becomes it.</summary>
    public RecordChange Max(string field, long floor) => With(FieldOperation.Max(field, floor));

    /// <summary>The record expires this long after the commit. Without this an update leaves the expiry as it is.</summary>
    /// <param name="timeToLive">From <see cref="StateLimits.MinTimeToLive"/> to <see cref="StateLimits.MaxTimeToLive"/>; counted in whole milliseconds.</param>
    public RecordChange ExpireAfter(TimeSpan timeToLive)
    {
        Expiry = Expiry.After(timeToLive);
        return this;
    }

    /// <summary>The record does not expire any more.</summary>
    public RecordChange NeverExpire()
    {
        Expiry = Expiry.Never;
        return this;
    }
}
