namespace Holdfast.AspNetCore.Sessions;

/// <summary>A session's keys as the request sees them: as they were read, with the request's own changes over them.</summary>
internal sealed class SessionView
{
    private readonly Dictionary<string, byte[]?> changes = new(StringComparer.Ordinal);

    /// <summary>The fields whose values the request has looked at, absence included, as the store had them.</summary>
    private Dictionary<string, ReadOnlyMemory<byte>?>? looked;

    /// <summary>How much the request adds to counters; never to a field that is among the changes.</summary>
    private Dictionary<string, long>? added;

    /// <summary>What the request raises counters to; never in a field that is among the others.</summary>
    private Dictionary<string, long>? raised;

    /// <summary>Changes that follow from what the store has, and are made anew when that has changed.</summary>
    private Dictionary<string, Func<ReadOnlyMemory<byte>?, byte[]?>>? updates;

    /// <summary>The record as it was read; null when there is none.</summary>
    public Record? Read { get; set; }

    /// <summary>Whether the request changed anything.</summary>
    public bool HasChanges => changes.Count > 0 || IsCounting;

    /// <summary>Whether the request set a key: only that makes a new session worth creating.</summary>
    public bool HasSets => IsCounting || (changes.Count > 0 && changes.Values.Any(static value => value is not null));

    /// <summary>Whether the request has changes that merge with those of others, which only the store can do.</summary>
    public bool HasMerges => IsCounting || updates is { Count: > 0 };

    /// <summary>Whether the request changes something that it has looked at.</summary>
    public bool RestsOnRead => looked is not null && changes.Keys.Any(RestsOnLook);

    private bool IsCounting => added is { Count: > 0 } || raised is { Count: > 0 };

    public IEnumerable<string> Keys =>
        (Read is null ? [] : Read.Fields.Keys.Where(name => !changes.ContainsKey(name)))
        .Concat(changes.Where(static change => change.Value is not null).Select(static change => change.Key))
        .Concat(added?.Keys.Where(name => Read?[name] is null) ?? [])
        .Concat(raised?.Keys.Where(name => Read?[name] is null) ?? [])
        .Select(SessionFields.KeyOf)
        .OfType<string>();

    public byte[]? Get(string key)
    {
        var field = SessionFields.NameOf(key);
        if (changes.TryGetValue(field, out var value))
        {
            return value;
        }

        if (IsCountedIn(field))
        {
            return SessionFields.FormatCounter(Count(key));
        }

        var stored = Read?[field];
        (looked ??= new(StringComparer.Ordinal)).TryAdd(field, stored);
        return stored?.ToArray();
    }

    public void Set(string key, byte[] value) => Change(SessionFields.NameOf(key), value);

    /// <summary>Removes a key that the request has seen; of one that it has not, there is nothing to remove.</summary>
    public void Remove(string key)
    {
        var field = SessionFields.NameOf(key);
        if (Read?[field] is not null)
        {
            Change(field, null);
        }
        else
        {
            Change(field, null);
            changes.Remove(field);
        }
    }

    /// <summary>The counter with what the request adds to it.</summary>
    /// <exception cref="FormatException">The key holds something else.</exception>
    public long Count(string key)
    {
        var field = SessionFields.NameOf(key);
        return changes.TryGetValue(field, out var value)
            ? SessionFields.ParseCounter(key, value is null ? null : value)
            : CountFrom(SessionFields.ParseCounter(key, Read?[field]), field);
    }

    /// <summary>Adds to a counter, whatever others add meanwhile.</summary>
    /// <exception cref="FormatException">The key holds something else.</exception>
    public void Add(string key, long delta)
    {
        var field = SessionFields.NameOf(key);
        var count = SessionFields.CheckCounter(Count(key) + SessionFields.CheckCounter(delta));
        if (changes.ContainsKey(field))
        {
            ChangeBy(field, SessionFields.FormatCounter(count));
            return;
        }

        ThrowIf(raised?.ContainsKey(field) == true, key);

        added ??= new(StringComparer.Ordinal);
        added[field] = added.GetValueOrDefault(field) + delta;
    }

    /// <summary>Raises a counter to at least this, whatever others raise it to meanwhile.</summary>
    /// <exception cref="FormatException">The key holds something else.</exception>
    public void Raise(string key, long floor)
    {
        var field = SessionFields.NameOf(key);
        var count = Math.Max(Count(key), SessionFields.CheckCounter(floor));
        if (changes.ContainsKey(field))
        {
            ChangeBy(field, SessionFields.FormatCounter(count));
            return;
        }

        ThrowIf(added?.ContainsKey(field) == true, key);
        raised ??= new(StringComparer.Ordinal);
        raised[field] = raised.TryGetValue(field, out var known) ? Math.Max(known, floor) : floor;
    }

    /// <summary>Changes a key by what it holds: by what it turns out to hold when the commit is made.</summary>
    public void Update(string key, Func<ReadOnlyMemory<byte>?, byte[]?> change)
    {
        var field = SessionFields.NameOf(key);
        ThrowIf(IsCountedIn(field), key);
        var wasSet = changes.TryGetValue(field, out var value);
        if (!wasSet)
        {
            (updates ??= new(StringComparer.Ordinal))[field] = change;
            changes[field] = change(Read?[field]);
            return;
        }

        changes[field] = change(value is null ? null : value);
        if (updates?.TryGetValue(field, out var before) == true)
        {
            updates[field] = stored => change(before(stored) is { } between ? between : null);
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
        (looked, added, raised, updates) = (null, null, null, null);
    }

    /// <summary>
    /// The changes are committed, and the record is this one now, or none. What the request had looked at besides stays looked at, and what it has
    /// counted in is as it would be by the request's own count alone.
    /// </summary>
    public void Committed(Record? record)
    {
        Read = record ?? Read;
        foreach (var (field, seen) in looked?.ToArray() ?? [])
        {
            if (changes.ContainsKey(field))
            {
                looked![field] = record?[field];
            }
            else if (IsCountedIn(field))
            {
                looked![field] = SessionFields.FormatCounter(CountFrom(SessionFields.ParseCounter(field, seen), field));
            }
        }

        changes.Clear();
        (added, raised, updates) = (null, null, null);
    }

    /// <summary>
    /// Adds the changes to a commit's; those that rest on what the request has looked at, under the condition that it is still so.
    /// </summary>
    public RecordChange AddTo(RecordChange change)
    {
        foreach (var field in changes.Keys)
        {
            if (updates?.ContainsKey(field) == true)
            {
                change.When(StillIs(field, Read?[field]));
            }
        }

        return AddChangesTo(looked is null ? change : AddConditionsTo(change));
    }

    /// <summary>Adds the conditions that what the request has looked at, and changes, is still so.</summary>
    public RecordChange AddConditionsTo(RecordChange change)
    {
        foreach (var field in changes.Keys)
        {
            if (RestsOnLook(field))
            {
                change.When(StillIs(field, looked![field]));
            }
        }

        return change;
    }

    /// <summary>Adds the changes to a commit's that creates the record.</summary>
    public RecordChange AddChangesTo(RecordChange change)
    {
        foreach (var (field, value) in changes)
        {
            _ = value is null ? change.Remove(field) : change.Set(field, value);
        }

        return IsCounting ? AddCountsTo(change) : change;
    }

    private RecordChange AddCountsTo(RecordChange change)
    {
        foreach (var (field, delta) in added ?? [])
        {
            change.Add(field, delta);
        }

        foreach (var (field, floor) in raised ?? [])
        {
            change.Max(field, floor);
        }

        return change;
    }

    /// <summary>
    /// Takes the record as it is by now, makes updates anew, and lets go of what the request had looked at where that is no longer so. Returns
    /// the keys whose changes overwrite another request's.
    /// </summary>
    public List<string> Overwrite(Record current)
    {
        Read = current;
        foreach (var (field, update) in updates ?? [])
        {
            changes[field] = update(current[field]);
        }

        var overwritten = new List<string>();
        foreach (var field in changes.Keys)
        {
            if (RestsOnLook(field) && !IsSame(looked![field], current[field]))
            {
                looked.Remove(field);
                overwritten.Add(SessionFields.KeyOf(field)!);
            }
        }

        return overwritten;
    }

    private void Change(string field, byte[]? value)
    {
        changes[field] = value;
        added?.Remove(field);
        raised?.Remove(field);
        updates?.Remove(field);
    }

    /// <summary>A value that the request has set or updated is counted in: it stands as counted.</summary>
    private void ChangeBy(string field, byte[] value)
    {
        ThrowIf(updates?.ContainsKey(field) == true, field);
        changes[field] = value;
    }

    /// <summary>Whether a change would overwrite what others do to a field that the request has looked at; an update heeds it.</summary>
    private bool RestsOnLook(string field) => looked?.ContainsKey(field) == true && updates?.ContainsKey(field) != true;

    private long CountFrom(long count, string field) => Math.Max(
        count + (added?.GetValueOrDefault(field) ?? 0),
        raised is not null && raised.TryGetValue(field, out var floor) ? floor : long.MinValue);

    private bool IsCountedIn(string field) => added?.ContainsKey(field) == true || raised?.ContainsKey(field) == true;

    private static void ThrowIf(bool isMixed, string key)
    {
        if (isMixed)
        {
            throw new InvalidOperationException(
                $"The request changes '{key}' in two ways of which each heeds what other requests do: adding, raising, updating. Choose one, or commit the first before the second.");
        }
    }

    private static Condition StillIs(string field, ReadOnlyMemory<byte>? seen) =>
        seen is { } was ? Condition.FieldIs(field, was) : Condition.FieldAbsent(field);

    private static bool IsSame(ReadOnlyMemory<byte>? seen, ReadOnlyMemory<byte>? current) =>
        seen is { } was ? current is { } now && was.Span.SequenceEqual(now.Span) : current is null;
}
