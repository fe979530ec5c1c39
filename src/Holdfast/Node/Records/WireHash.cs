using System.Globalization;
using System.Text;

namespace Holdfast.Node;

/// <summary>A record, a head or the store's own record, as the hash that docs/wire.md describes.</summary>
internal sealed class WireHash
{
    private readonly List<KeyValuePair<string, ReadOnlyMemory<byte>>> fields = [];

    private WireHash(long millisecondsLeft) => MillisecondsLeft = millisecondsLeft;

    public IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> Fields => fields;

    /// <summary>As PTTL tells it.</summary>
    public long MillisecondsLeft { get; }

    public ReadOnlyMemory<byte>? this[string name]
    {
        get
        {
            foreach (var (field, value) in fields)
            {
                if (field == name)
                {
                    return value;
                }
            }

            return null;
        }
    }

    /// <summary>Reads what the key names, and tracks it; null when there is no such thing.</summary>
    public static WireHash? Find(Execution x, in WireKey parsed)
    {
        switch (parsed.Kind)
        {
            case WireKeyKind.Record:
                x.Track(new TrackedKey(parsed.Partition, parsed.Address));
                return Ended.Of(x.Node.Engine.ReadAsync(parsed.Address)).Record is { } record ? OfRecord(record, x.Node.Clock) : null;
            case WireKeyKind.Head:
                x.Track(TrackedKey.Head(parsed.Partition));
                return OfHead(Ended.Of(x.Node.Engine.ReadHeadAsync(parsed.Partition)), x.Node.Engine.RunId);
            case WireKeyKind.Store:
                return new WireHash(-1).With("version", "1").With("partitions", Text(x.Node.Engine.Partitions.Count));
            default:
                return null;
        }
    }

    private static WireHash OfRecord(Record record, TimeProvider clock)
    {
        var hash = new WireHash(RecordReply.MillisecondsLeft(record, clock))
            .With("@rev", Text(record.Revision))
            .With("@born", Text(record.Birth));
        hash.fields.AddRange(record.Fields);
        return hash;
    }

    private static WireHash OfHead(PartitionHead head, string runId) => new WireHash(-1)
        .With("rev", Text(head.Revision))
        .With("run", runId)
        .With("term", Text(head.At.Term))
        .With("terms", string.Join(',', head.Terms.Select(static term => $"{Text(term.Term)}:{Text(term.FoundRevision)}")));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private WireHash With(string name, string value)
    {
        fields.Add(new(name, Encoding.UTF8.GetBytes(value)));
        return this;
    }
}
