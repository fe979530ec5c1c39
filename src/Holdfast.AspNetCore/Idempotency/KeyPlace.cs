namespace Holdfast.AspNetCore.Idempotency;

/// <summary>Where a key's records stand: in the partition of what the request changes, under a hash of principal and key.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Affinity">Pinned to the partition; it tells nobody whose it is.</param>
/// <param name="Mark">A hash of the key alone.</param>
internal readonly record struct KeyPlace(int Partition, string Affinity, string Mark)
{
    /// <summary>Whether it follows from the very session that the client came with, and goes on doing so once that has ended.</summary>
    public bool IsOfSession { get; init; }

    /// <summary>What lasts: the fingerprint, the plan, and finally the response.</summary>
    public Address Record => new("idempotency", Affinity);

    /// <summary>The lease of whoever runs the request.</summary>
    public Address Claim => new("idempotency-claim", Affinity);

    /// <summary>What a session that the request makes says of its origin.</summary>
    public string Origin => $"{Mark} {Affinity}";

    /// <summary>The place of the request that made the session, if it had this key.</summary>
    public static KeyPlace? OfSession(string? origin, string mark, PartitionMap partitions) =>
        origin?.Split(' ') is [var ofKey, var affinity] && ofKey == mark
            ? new KeyPlace(partitions.PartitionOf(affinity), affinity, mark)
            : null;
}
