namespace Holdfast.Embedded;

/// <summary>
/// Works out the change of a record from the record as it is: what a commit can't say by conditions and field
/// operations, such as counting in another format, or telling what it replaced.
/// </summary>
internal abstract class RecordDecision(Address address)
{
    /// <summary>The record.</summary>
    public Address Address => address;

    /// <summary>
    /// The one field that the record has afterwards, if the record is absent or has that field alone, and this is all that is decided: the
    /// shortest way. Otherwise false, and <see cref="Decide"/> is called.
    /// </summary>
    public virtual bool TryReplace(in RecordView newest, out FieldReplacement field)
    {
        field = default;
        return false;
    }

    /// <summary>
    /// The record's change, or null for none. Called once, under the partition's lock: it must not block or call the
    /// engine. What it throws ends the commit, and nothing is changed.
    /// </summary>
    /// <param name="newest">The record after the last commit, which may not be durable yet: nothing of it may be told before the verdict is.</param>
    public abstract RecordChange? Decide(Record? newest);
}
