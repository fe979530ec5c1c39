using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Holdfast.Resp;

namespace Holdfast.Redis;

/// <summary>The store's keys, <c>hf:{t}:rest</c> (docs/wire.md, "Keys"), written and read.</summary>
internal sealed class StoreKeys
{
    public const string Head = "@head";
    public const string Journal = "@journal";
    public const string Store = "hf:@store";
    public const string SignalPrefix = "hf:signal:";

    private static readonly byte[] Start = "hf:{"u8.ToArray();

    private readonly byte[][] prefixes;
    private readonly Dictionary<int, int> partitionsByTag = [];

    public StoreKeys(PartitionMap partitions)
    {
        prefixes = new byte[partitions.Count][];
        for (var partition = 0; partition < partitions.Count; partition++)
        {
            var tag = partitions.TagOf(partition);
            prefixes[partition] = Encoding.ASCII.GetBytes($"hf:{{{tag}}}:");
            partitionsByTag[int.Parse(tag, CultureInfo.InvariantCulture)] = partition;
        }
    }

    /// <summary>Writes the key of this rest: an address, <see cref="Head"/> and so on.</summary>
    public void Write(RespWriter writer, int partition, string rest) => writer.Bulk(prefixes[partition], rest);

    /// <summary>The key as text.</summary>
    public string Text(int partition, string rest) => Encoding.ASCII.GetString(prefixes[partition]) + rest;

    public static string Client(string client) => "@client:" + client;

    public static string Request(RequestId request) =>
        string.Create(CultureInfo.InvariantCulture, $"@req:{Encoding.UTF8.GetByteCount(request.Id)}:{request.Id}:{request.Step}");

    /// <summary>Reads a key of the store's partitions; false for any other.</summary>
    public bool TryParse(ReadOnlySpan<byte> key, out int partition, out string rest)
    {
        partition = 0;
        rest = "";
        if (!key.StartsWith(Start)
            || !Utf8Parser.TryParse(key[Start.Length..], out int tag, out var digits)
            || !key[(Start.Length + digits)..].StartsWith("}:"u8)
            || !partitionsByTag.TryGetValue(tag, out partition))
        {
            return false;
        }

        rest = Encoding.UTF8.GetString(key[(Start.Length + digits + 2)..]);
        return true;
    }
}
