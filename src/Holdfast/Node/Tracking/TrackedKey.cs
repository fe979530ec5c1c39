namespace Holdfast.Node;

/// <summary>What can be tracked: a record, or a partition's head, whose address is then the default.</summary>
internal readonly record struct TrackedKey(int Partition, Address Address)
{
    public bool IsHead => Address == default;

    public static TrackedKey Head(int partition) => new(partition, default);

    public string WireKey(WireKeys keys) => keys.KeyOf(Partition, IsHead ? "@head" : Address.ToString());
}
