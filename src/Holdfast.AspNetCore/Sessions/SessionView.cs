namespace Holdfast.AspNetCore.Sessions;

/// <summary>A session's keys as the request sees them: as they were read, with the request's own changes over them.</summary>
internal sealed class SessionView
{
    private readonly Dictionary<string, byte[]?> changes = new(StringComparer.Ordinal);

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
        return changes.TryGetValue(field, out var value) ? value : Read?[field]?.ToArray();
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

    public void Forget() => changes.Clear();

    /// <summary>Adds the changes to a commit's.</summary>
    public RecordChange AddTo(RecordChange change)
    {
        foreach (var (field, value) in changes)
        {
            change = value is null ? change.Remove(field) : change.Set(field, value);
        }

        return change;
    }
}
