namespace Holdfast.AspNetCore.Sessions;

/// <summary>A session's keys as the request sees them: as they were read, with the request's own changes over them.</summary>
internal sealed class SessionView
{
    private readonly Dictionary<string, byte[]?> changes = new(StringComparer.Ordinal);

    /// <summary>The fields whose values the request has looked at, absence included, as the store had them.</summary>
    private Dictionary<string, ReadOnlyMemory<byte>?>? looked;

    /// <summary>The record as it was read; null when there is none.</summary>
    public Record? Read { get; set; }

    /// <summary>Whether the request changed anything.</summary>
    public bool HasChanges => changes.Count > 0;

    /// <summary>Whether the request set a key: only that makes a new session worth creating.</summary>
    public bool HasSets => changes.Values.Any(static value => value is not null);

    public IEnumerable<string> Keys =>
        (Read is null ? [] : Read.Fields.Keys.Where(name => !changes.ContainsKey(name)))
        .Concat(changes.Where(static change => change.Value is not null).Select(static change => change.Key))
        .Select(SessionFields.KeyOf)
        .OfType<string>();

    public byte[]? Get(string key)
    {
        var field = SessionFields.NameOf(key);
        if (changes.TryGetValue(field, out var value))
        {
            return value;
        }

        var stored = Read?[field];
        (looked ??= new(StringComparer.Ordinal)).TryAdd(field, stored);
        return stored?.ToArray();
    }

    public void Set(string key, byte[] value) => changes[SessionFields.NameOf(key)] = value;

    /// <summary>Removes a key that the request has seen; of one that it has not, there is nothing to remove.</summary>
    public void Remove(string key)
    {
        var field = SessionFields.NameOf(key);
        if (Read?[field] is not null)
        {
            changes[field] = null;
        }
        else
        {
            changes.Remove(field);
        }
    }

    /// <summary>The session's fields with the changes made, but for when it was created.</summary>
    public Dictionary<string, ReadOnlyMemory<byte>> FieldsAfter()
    {
        var fields = new Dictionary<string, ReadOnlyMemory<byte>>((IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>>?)Read?.Fields ?? [], StringComparer.Ordinal);
        fields.Remove(SessionFields.Created);
        foreach (var (field, value) in changes)
        {
            if (value is null)
            {
                fields.Remove(field);
            }
            else
            {
                fields[field] = value;
            }
        }

        return fields;
    }

    /// <summary>Drops the changes.</summary>
    public void Forget()
    {
        changes.Clear();
        looked = null;
    }

    /// <summary>The changes are committed, and the record is this one now, or none. What the request had looked at besides stays looked at.</summary>
    public void Committed(Record? record)
    {
        Read = record ?? Read;
        foreach (var field in changes.Keys)
        {
            if (looked?.ContainsKey(field) == true)
            {
                looked[field] = record?[field];
            }
        }

        changes.Clear();
    }

    /// <summary>
    /// Adds the changes to a commit's; those that rest on what the request has looked at, under the condition that it is still so.
    /// </summary>
    public RecordChange AddTo(RecordChange change)
    {
        foreach (var field in changes.Keys)
        {
            if (looked is not null && looked.TryGetValue(field, out var seen))
            {
                change.When(seen is { } was ? Condition.FieldIs(field, was) : Condition.FieldAbsent(field));
            }

        }

        return AddChangesTo(change);
    }

    /// <summary>Adds the changes to a commit's that creates the record.</summary>
    public RecordChange AddChangesTo(RecordChange change)
    {
        foreach (var (field, value) in changes)
        {
            _ = value is null ? change.Remove(field) : change.Set(field, value);
        }

        return change;
    }

    /// <summary>
    /// Takes the record as it is by now, and lets go of what the request had looked at where that is no longer so. Returns
    /// the keys whose changes overwrite another request's.
    /// </summary>
    public List<string> Overwrite(Record current)
    {
        Read = current;
        var overwritten = new List<string>();
        foreach (var field in changes.Keys)
        {
            if (looked is not null && looked.TryGetValue(field, out var seen) && !IsSame(seen, current[field]))
            {
                looked.Remove(field);
                overwritten.Add(SessionFields.KeyOf(field)!);
            }
        }

        return overwritten;
    }

    private static bool IsSame(ReadOnlyMemory<byte>? seen, ReadOnlyMemory<byte>? current) =>
        seen is { } was ? current is { } now && was.Span.SequenceEqual(now.Span) : current is null;
}
