namespace Holdfast.Node;

/// <summary>
/// The one key of a command, taken apart: the bytes of the record's address and their hash, by which the record is found. The address itself is made
/// only for who asks for it. Used again for the commands that follow.
/// </summary>
internal sealed class CommandKey(StateNode node)
{
    private byte[] address = [];
    private int length;
    private WireKey parsed;

    /// <summary>What the key names.</summary>
    public WireKeyKind Kind { get; private set; }

    /// <summary>The partition of what it names; -1 when it has none.</summary>
    public int Partition { get; private set; } = CommandLane.None;

    /// <summary>The hash of <see cref="Address"/>.</summary>
    public uint Hash { get; private set; }

    /// <summary>Whether the record's address has the key's bytes as they are.</summary>
    public bool IsSpelt { get; private set; }

    /// <summary>Whether it names a record, which may be absent.</summary>
    public bool NamesRecord => length > 0;

    /// <summary>The bytes of the record's address.</summary>
    public ReadOnlySpan<byte> Address => address.AsSpan(0, length);

    /// <summary>All of it.</summary>
    public WireKey Parsed
    {
        get
        {
            if (parsed.Kind != Kind)
            {
                parsed = new WireKey(Kind, Partition, Holdfast.Address.OfValidBytes(Address));
            }

            return parsed;
        }
    }

    /// <summary>Takes a key apart.</summary>
    public void Read(ReadOnlySpan<byte> key)
    {
        IsSpelt = PlainKey.IsSpelt(key);
        if (!IsSpelt)
        {
            Read(node.Keys.Parse(key));
            return;
        }

        parsed = default;
        (Kind, Partition) = (WireKeyKind.Plain, node.Engine.Partitions.PartitionOf(key));
        length = PlainKey.Spell(key, Room(key.Length + PlainKey.PrefixBytes));
        Hash = node.Engine.HashOf(Address);
    }

    /// <summary>Names nothing.</summary>
    public void Forget()
    {
        IsSpelt = false;
        Read(new WireKey(WireKeyKind.None, CommandLane.None));
    }

    private void Read(in WireKey key)
    {
        parsed = key;
        (Kind, Partition, length) = (key.Kind, key.Partition, 0);
        if (key.Kind is WireKeyKind.Plain or WireKeyKind.Record)
        {
            length = key.Address.WriteTo(Room(Holdfast.Address.MaxBytes)).Length;
            Hash = node.Engine.HashOf(Address);
        }
    }

    private byte[] Room(int bytes) => address.Length >= bytes ? address : address = new byte[bytes];
}
