using Holdfast.Embedded;

namespace Holdfast.Redis;

/// <summary>
/// A record that this process holds and a commit updates. The commit says so (docs/wire.md, mark <c>H</c>), and where that is still the
/// record, the reply need not tell it: what a commit costs is up to what it changes, not to how large the record is.
/// </summary>
internal sealed class HeldRecord
{
    // Smaller records are told in less than it takes to say that they are held.
    private const int MinBytes = 128;

    [ThreadStatic]
    private static RecordEditor? editor;

    private readonly Record before;
    private readonly byte[] fieldsAfter;

    private HeldRecord(Record before, long term, byte[] fieldsAfter) => (this.before, Term, this.fieldsAfter) = (before, term, fieldsAfter);

    /// <summary>The term in which the store told of it: in another one its revision may name another record.</summary>
    public long Term { get; }

    public long Revision => before.Revision;

    /// <summary>What the near cache holds of the change's record; null if that is not worth while, or the change can't be made of it.</summary>
    public static HeldRecord? Of(NearCaching.NearCache cache, RecordChange change)
    {
        if (change.Kind != ChangeKind.Update || change.Conditions.Count + change.Operations.Count > CommitWire.MaxHeldMarks - 3
            || cache.Find(change.Address) is not { Record: { Revision: > 0 } before, At.Term: var term }
            || !before.TryGetPacked(out var packed) || packed.Length < MinBytes)
        {
            return null;
        }

        var own = editor ??= new RecordEditor();
        try
        {
            own.Begin(packed);
            own.Apply(change);
        }
        catch (StateLimitException)
        {
            // The store says so, of the record that it has.
            return null;
        }

        var after = new byte[own.PackedBytes];
        own.WriteTo(after);
        return new HeldRecord(before, term, after);
    }

    /// <summary>The record after the commit.</summary>
    public Record After(long revision, long? deadline) => new(before.Address, revision, before.Birth, fieldsAfter, deadline);
}
