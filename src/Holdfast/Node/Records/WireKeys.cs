using System.Buffers.Text;
using System.Collections.Frozen;
using System.Text;

namespace Holdfast.Node;

/// <summary>Takes keys apart and puts them together, for one number of partitions (docs/wire.md, Keys).</summary>
internal sealed class WireKeys
{
    private static readonly WireKey Nothing = new(WireKeyKind.None, -1);
    private readonly PartitionMap partitions;
    private readonly FrozenDictionary<string, int> partitionOfTag;
    private readonly FrozenDictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup;
    private readonly string[] prefixes;
    private readonly string[] affinities;

    public WireKeys(PartitionMap partitions)
    {
        this.partitions = partitions;
        partitionOfTag = Enumerable.Range(0, partitions.Count).ToFrozenDictionary(partitions.TagOf);
        lookup = partitionOfTag.GetAlternateLookup<ReadOnlySpan<char>>();
        affinities = [.. Enumerable.Range(0, partitions.Count).Select(partition => partitions.Pin(partition, "x"))];
        prefixes = [.. Enumerable.Range(0, partitions.Count).Select(partition => $"hf:{{{partitions.TagOf(partition)}}}:")];
    }

    /// <summary>The key of a record, given its address, or of what Holdfast itself keeps, in the partition.</summary>
    public string KeyOf(int partition, string name) => prefixes[partition] + name;

    /// <summary>An affinity of the partition, for a commit that has no record to tell it.</summary>
    public string AffinityOf(int partition) => affinities[partition];

    /// <summary>The partition of what the key names; -1 if it names nothing that has one.</summary>
    public int PartitionOf(ReadOnlySpan<byte> key) => Parse(key).Partition;

    public WireKey Parse(ReadOnlySpan<byte> key)
    {
        if (!PlainKey.IsOwn(key))
        {
            var address = PlainKey.AddressOf(key);
            return new WireKey(WireKeyKind.Plain, partitions.PartitionOf(address), address);
        }

        if (key.SequenceEqual("hf:@store"u8))
        {
            return new WireKey(WireKeyKind.Store, -1);
        }

        if (!key.StartsWith("hf:{"u8))
        {
            return Nothing;
        }

        var end = key.IndexOf("}:"u8);
        if (end < 0 || !TryFindPartition(key[4..end], out var partition))
        {
            return Nothing;
        }

        var name = key[(end + 2)..];
        return name.StartsWith("@"u8) ? ParseOwn(name, partition) : ParseRecord(name, partition);
    }

    private static WireKey ParseOwn(ReadOnlySpan<byte> name, int partition)
    {
        if (name.SequenceEqual("@head"u8))
        {
            return new WireKey(WireKeyKind.Head, partition);
        }

        if (name.SequenceEqual("@journal"u8))
        {
            return new WireKey(WireKeyKind.Journal, partition);
        }

        if (name.StartsWith("@client:"u8))
        {
            return new WireKey(WireKeyKind.Client, partition, Name: Encoding.UTF8.GetString(name[8..]));
        }

        return name.StartsWith("@req:"u8)
            ? new WireKey(WireKeyKind.Request, partition, Name: Encoding.UTF8.GetString(name[5..]))
            : Nothing;
    }

    private WireKey ParseRecord(ReadOnlySpan<byte> name, int partition)
    {
        if (!Address.IsValid(name))
        {
            return Nothing;
        }

        var address = Address.OfValidBytes(name);
        return partitions.PartitionOf(address) == partition ? new WireKey(WireKeyKind.Record, partition, address) : Nothing;
    }

    private bool TryFindPartition(ReadOnlySpan<byte> tag, out int partition)
    {
        Span<char> text = stackalloc char[8];
        partition = -1;
        return tag.Length <= text.Length
            && Ascii.ToUtf16(tag, text, out var length) == System.Buffers.OperationStatus.Done
            && lookup.TryGetValue(text[..length], out partition);
    }

    /// <summary>Takes a request key's <c>bytes:id:step</c> apart: the id's length in front, since id and step may hold colons.</summary>
    public static bool TryParseRequest(string name, out string id, out string step)
    {
        id = step = "";
        var bytes = Encoding.UTF8.GetBytes(name);
        if (!Utf8Parser.TryParse(bytes, out int length, out var used) || used == bytes.Length || bytes[used] != ':'
            || length < 1 || bytes.Length < used + 1 + length + 1 || bytes[used + 1 + length] != ':')
        {
            return false;
        }

        id = Encoding.UTF8.GetString(bytes, used + 1, length);
        step = Encoding.UTF8.GetString(bytes.AsSpan(used + 2 + length));
        return true;
    }
}
