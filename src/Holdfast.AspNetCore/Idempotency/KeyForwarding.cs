using Holdfast.AspNetCore.Requests;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// Where the records of a key stand whose request renews or ends the session that it came with. Whose keys a client's are follows from its session, or from
/// the sign-in that ends with it: a client that lost the answer still presents the old one, and would be somebody else. So with the session's end goes a
/// record in its place that leads there, and that only who presents the session's id and the key can name.
/// </summary>
internal static class KeyForwarding
{
    private const string Affinity = "affinity";

    /// <summary>Adds the record.</summary>
    /// <param name="draft">The commit that deletes the session.</param>
    /// <param name="part">Whose part of it that is.</param>
    /// <param name="partitions">The store's partitions.</param>
    /// <param name="sessionId">The session that goes.</param>
    /// <param name="claim">The claim on the key.</param>
    public static void AddTo(CommitDraft draft, ICommitPart part, PartitionMap partitions, string sessionId, Claim claim) =>
        draft.Add(part, RecordChange.Update(AddressOf(partitions, sessionId, claim.Place.Mark)).Set(Affinity, claim.Place.Affinity).ExpireAfter(claim.Window));

    /// <summary>Where the records of the key stand; null when the session was not ended by a request with this key.</summary>
    public static async ValueTask<KeyPlace?> FindAsync(RequestState state, string sessionId, string mark, CancellationToken cancellationToken)
    {
        var partitions = state.Engine.Partitions;
        var reading = await state.Calls.ReadAsync(AddressOf(partitions, sessionId, mark), Freshness.Latest, cancellationToken);
        return reading.Record?.Text(Affinity) is { } affinity ? new KeyPlace(partitions.PartitionOf(affinity), affinity, mark) : null;
    }

    private static Address AddressOf(PartitionMap partitions, string sessionId, string mark) =>
        new("idempotency-moved", partitions.Pin(partitions.PartitionOf(sessionId), KeyScope.Hash("moved", sessionId, mark)));
}
