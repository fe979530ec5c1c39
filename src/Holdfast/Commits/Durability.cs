namespace Holdfast;

/// <summary>What an acknowledged commit survives. Each level includes those before it.</summary>
public enum Durability
{
    /// <summary>Nothing that ends the store's process.</summary>
    Memory,

    /// <summary>kill -9 of the store's process: the commit was handed to the operating system.</summary>
    Written,

    /// <summary>Loss of power: the commit was synchronised to the disk.</summary>
    Synced,
}
