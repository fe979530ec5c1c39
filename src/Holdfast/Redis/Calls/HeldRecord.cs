using Holdfast.Embedded;
using Holdfast.NearCaching;

namespace Holdfast.Redis;

/// <summary>
/// A record that the near cache holds and a commit updates. The commit says so (docs/wire.md, mark <c>H</c>), and where that is still the
/// record, the reply need not tell it: what a commit costs is up to what it changes, not to how large the record is.
/// </summary>
internal sealed class HeldRecord
{
    // Smaller records are told in less than it takes to say that they are held.
    private const int MinBytes = 128;

    // What a counter takes at most, the sign included.
    private const int CounterBytes = 17;

    [ThreadStatic]
    private static RecordEditor? editor;

    private readonly RecordChange change;
    private readonly Record before;

    private HeldRecord(RecordChange change, Record before, long term) => (this.change, this.before, Term) = (change, before, term);

    /// <summary>The term in which the store told of it: in another one its revision may name another record.</summary>
    public long Term { get; }

    public long Revision => before.Revision;

    /// <summary>
    /// What the near cache holds of the change's record; null if that is not worth while. A record that may come near its limits is left
    /// to the store, which weighs those that it tells.
    /// </summary>
    public static HeldRecord? Of(NearCache cache, RecordChange change) =>
        change.Kind == ChangeKind.Update && change.Conditions.Count + change.Operations.Count <= CommitWire.MaxHeldMarks - 3
        && cache.Find(change.Address) is { Record: { Revision: > 0 } before, At.Term: var term }
        && before.TryGetPacked(out var packed) && packed.Length >= MinBytes && StaysSmall(before, packed.Length, change)
            ? new HeldRecord(change, before, term)
            : null;

    /// <summary>
    /// Whether the near cache still holds it, so that nothing was told of the record since, on this connection: pushes come ahead of the
    /// replies that know of the change, those included that tell of no revision, as of what another program wrote.
    /// </summary>
    public bool IsStillIn(NearCache cache) =>
        cache.Find(change.Address) is { Record: { } now, At.Term: var term } && term == Term && now.Revision == Revision
        && now.TryGetPacked(out var held) && before.TryGetPacked(out var own) && held.SequenceEqual(own);

    /// <summary>The record after the commit; null if it can't be made, as of bytes that the caller has taken back.</summary>
    public Record? TryAfter(long revision, long? deadline)
    {
        try
        {
            before.TryGetPacked(out var packed);
            var own = editor ??= new RecordEditor();
            own.Begin(packed);
            own.Apply(change);
            var after = new byte[own.PackedBytes];
            own.WriteTo(after);
            return new Record(before.Address, revision, before.Birth, after, deadline);
        }
        catch (Exception fault) when (fault is StateLimitException or ObjectDisposedException or ArgumentException)
        {
            return null;
        }
    }

    private static bool StaysSmall(Record before, long bytes, RecordChange change)
    {
        foreach (ref readonly var operation in change.OperationSpan)
        {
            bytes += operation.Bytes + CounterBytes;
        }

        return bytes <= StateLimits.MaxRecordBytes && before.Fields.Count + change.Operations.Count <= StateLimits.MaxFieldsPerRecord;
    }
}
