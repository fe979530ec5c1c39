using Holdfast.AspNetCore.Cookies;

namespace Holdfast.AspNetCore.Requests;

/// <summary>
/// The state plane as one client may see it: never older than what it has seen. Every answer adds to its stamps.
/// </summary>
internal sealed class CausalClient(StateServices services, ClientStamps stamps)
{
    public StateEngine Engine => services.Engine;

    public ClientStamps Stamps => stamps;

    public long NowSeconds => services.Engine.Options.Clock.GetUtcNow().ToUnixTimeSeconds();

    public async ValueTask<Record?> ReadAsync(Address address, CancellationToken cancellationToken)
    {
        var partition = Engine.Partitions.PartitionOf(address);
        var reading = await Engine.ReadAsync(address, stamps.FreshnessOf(partition, NowSeconds), cancellationToken);
        await SawAsync(reading.Record, reading.At, isWrite: false, cancellationToken);
        return reading.Record;
    }

    public async ValueTask<IReadOnlyList<Record?>> ReadManyAsync(IReadOnlyList<Address> addresses, CancellationToken cancellationToken)
    {
        var readings = await Engine.ReadManyAsync(addresses, cancellationToken);
        var records = new Record?[readings.Count];
        for (var i = 0; i < records.Length; i++)
        {
            records[i] = readings[i].Record;
            await SawAsync(readings[i].Record, readings[i].At, isWrite: false, cancellationToken);
        }

        return records;
    }

    public async ValueTask<CommitResult> CommitAsync(Commit commit, CancellationToken cancellationToken)
    {
        var result = await Engine.CommitAsync(commit, cancellationToken);

        // A refusal shows the client the record that refused; a replay shows the records as they are by now.
        if (!result.IsCommitted)
        {
            await SawAsync(result.Refusal?.Current, result.At, isWrite: false, cancellationToken);
            return result;
        }

        foreach (var record in result.Records.OfType<Record>())
        {
            await SawAsync(record, result.At, isWrite: true, cancellationToken);
        }

        if (commit.Events.Count > 0 || commit.Changes.Any(static change => change.Kind != ChangeKind.Keep))
        {
            await SawAsync(null, result.At, isWrite: true, cancellationToken);
        }

        return result;
    }

    /// <summary>Whether the record, as far as pushes have told, is still the one of this birth.</summary>
    public async ValueTask<bool> IsStillAsync(Address address, long birth)
    {
        var reading = await Engine.ReadAsync(address, Freshness.Pushed, CancellationToken.None);
        return reading.Record?.Birth == birth;
    }

    /// <summary>
    /// The client saw this record, or its absence, at this moment. A record proves its own revision; absence proves
    /// the whole moment, because what is absent tells no revision.
    /// </summary>
    private ValueTask SawAsync(Record? record, Stamp at, bool isWrite, CancellationToken cancellationToken)
    {
        var stamp = record is null ? at : at with { Revision = record.Revision };
        if (stamps.Of(at.Partition) is { } known && (known.Term != at.Term || known.Revision > at.Revision))
        {
            return SawAnotherHistoryAsync(known, stamp, at, isWrite, cancellationToken);
        }

        stamps.Add(stamp, NowSeconds, isWrite);
        return ValueTask.CompletedTask;
    }

    /// <summary>The partition is in another term, or behind: does its history include what the client has seen?</summary>
    private async ValueTask SawAnotherHistoryAsync(Stamp known, Stamp stamp, Stamp at, bool isWrite, CancellationToken cancellationToken)
    {
        var head = await Engine.ReadHeadAsync(known.Partition, cancellationToken);
        if (!head.Contains(known))
        {
            services.Meter.StampLost();
            services.Logger.StampLost(known, head.At);
            if (services.Options.RefuseLostState)
            {
                throw new StateException($"The store has forgotten what it acknowledged in partition {known.Partition}, and lost state is refused.");
            }

            stamps.Forget(known.Partition);
        }

        // An answer from before the running term stays below what the client saw in it.
        stamps.Add(at.Term < known.Term ? stamp with { Term = known.Term } : stamp, NowSeconds, isWrite);
    }
}
