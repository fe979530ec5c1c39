using Holdfast.Embedded;

namespace Holdfast.Node;

/// <summary>
/// What a key holds at the moment: nothing, a string or a hash. A plain key holds what clients put there; one of
/// Holdfast's own is a record, a head or the store's record, told as the hash of docs/wire.md.
/// </summary>
internal readonly struct StoredKey
{
    private readonly Record? record;
    private readonly WireHash? own;

    private StoredKey(Record? record, WireHash? own) => (this.record, this.own) = (record, own);

    public bool Exists => record is not null || own is not null;

    /// <summary>The bytes of a string; null if the key holds none.</summary>
    public ReadOnlyMemory<byte>? Value => record?[PlainRecord.ValueField];

    public bool IsHash => own is not null || (record is not null && !PlainRecord.IsString(record));

    /// <summary>As TYPE tells it.</summary>
    public ReadOnlySpan<byte> Type => !Exists ? "none"u8 : IsHash ? "hash"u8 : "string"u8;

    public int FieldCount => own?.Fields.Count ?? (record is null ? 0 : record.Fields.Count - (record.Fields.ContainsKey(PlainRecord.KeyField) ? 1 : 0));

    /// <summary>Reads what the key names, and tracks it.</summary>
    public static StoredKey Read(Execution x, ReadOnlySpan<byte> key) => Read(x, x.Node.Keys.Parse(key));

    /// <summary>Reads what the command's one key names, and tracks it.</summary>
    public static StoredKey ReadFirst(Execution x) => Read(x, x.First.Parsed);

    /// <summary>Looks at what the command's one key, a plain one, names, where it lies, and tracks it.</summary>
    public static void Look(Execution x, RecordLook<Execution> look)
    {
        var key = x.First;
        if (x.Session.Tracked.IsOn)
        {
            x.Track(new TrackedKey(key.Partition, key.Parsed.Address));
        }

        x.Node.Engine.Look(key.Address, key.Hash, key.Partition, x, look);
    }

    private static StoredKey Read(Execution x, in WireKey parsed)
    {
        if (parsed.Kind != WireKeyKind.Plain)
        {
            return new StoredKey(null, WireHash.Find(x, parsed));
        }

        x.Track(new TrackedKey(parsed.Partition, parsed.Address));
        var record = x.Node.Engine.Read(parsed.Address, parsed.Partition).Record;
        x.Note(wasFound: record is not null);
        return new StoredKey(record, null);
    }

    /// <summary>As PTTL tells it.</summary>
    public long MillisecondsLeft(TimeProvider clock) =>
        own?.MillisecondsLeft ?? (record is null ? -2 : RecordReply.MillisecondsLeft(record, clock));

    /// <summary>The bytes of a field of the hash.</summary>
    public ReadOnlyMemory<byte>? Field(ReadOnlySpan<byte> name) =>
        own is not null ? own[System.Text.Encoding.UTF8.GetString(name)]
        : PlainRecord.FindField(name) is { } field ? record?[field]
        : null;

    /// <summary>The fields of the hash, by the names under which they are kept.</summary>
    public IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>> Fields =>
        own is not null ? own.Fields
        : record is null ? []
        : record.Fields.ContainsKey(PlainRecord.KeyField) ? record.Fields.Where(static pair => pair.Key != PlainRecord.KeyField)
        : record.Fields;

    /// <summary>The name of a field, as clients know it.</summary>
    public ReadOnlySpan<byte> NameOf(string field) => own is null ? PlainRecord.NameOf(field) : System.Text.Encoding.UTF8.GetBytes(field);
}
