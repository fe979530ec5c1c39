namespace Holdfast.AspNetCore.Idempotency;

/// <summary>Where a key's records stand: in the partition of what the request changes, under a hash of principal and key.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Affinity">Pinned to the partition, so that it tells nobody whose it is.</param>
internal readonly record struct KeyPlace(int Partition, string Affinity)
{
    /// <summary>What lasts: the fingerprint, the plan, and finally the response.</summary>
    public Address Record => new("idempotency", Affinity);

    /// <summary>The lease of whoever runs the request.</summary>
    public Address Claim => new("idempotency-claim", Affinity);
}
