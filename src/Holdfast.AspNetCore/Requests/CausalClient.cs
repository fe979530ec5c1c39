using Holdfast.AspNetCore.Cookies;

namespace Holdfast.AspNetCore.Requests;

/// <summary>
/// The state plane as one client may see it: never older than what it has seen. Every answer adds to its stamps.
/// </summary>
internal sealed class CausalClient(StateServices services, ClientStamps stamps)
{
    public StateEngine Engine => services.Engine;

    public ClientStamps Stamps => stamps;

    /// <summary>The request's calls, and what they cost.</summary>
    public CountedCalls Calls { get; } = new(services.Engine, services.CountsBytes);

    public long NowSeconds => services.Engine.Options.Clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>What the client reads of the partition from here on includes this moment.</summary>
    public void MustSee(Stamp moment) => stamps.Add(moment, NowSeconds, isWrite: false);

    /// <summary>The client wrote this, in an earlier run of its request.</summary>
    public void Wrote(Stamp moment)
    {
        // Terms follow each other: of two, the later one includes the other, or its loss is noticed by the next read.
        var term = Math.Max(moment.Term, stamps.Of(moment.Partition)?.Term ?? 0);
        stamps.Add(moment with { Term = term }, NowSeconds, isWrite: true);
    }

    public ValueTask<Record?> ReadAsync(Address address, CancellationToken cancellationToken)
    {
        var partition = Engine.Partitions.PartitionOf(address);
        return ReadAsync(address, stamps.FreshnessOf(partition, NowSeconds), cancellationToken);
    }

    /// <summary>
    /// Reads what the client has a stamp of, if it keeps what it is sent. From one that does not, or whose stamps an older response
    /// replaced, the store is asked.
    /// </summary>
    public ValueTask<Record?> ReadStampedAsync(Address address, CancellationToken cancellationToken) =>
        stamps.Of(Engine.Partitions.PartitionOf(address)) is null
            ? ReadAsync(address, Freshness.Latest, cancellationToken)
            : ReadAsync(address, cancellationToken);

    public async ValueTask<IReadOnlyList<Record?>> ReadManyAsync(IReadOnlyList<Address> addresses, CancellationToken cancellationToken)
    {
        var readings = await Calls.ReadManyAsync(addresses, cancellationToken);
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
        var result = await Calls.CommitAsync(commit, cancellationToken);

        // A refusal shows the client the record that refused; a replay shows the records as they are by now.
        if (!result.IsCommitted)
        {
            await SawAsync(result.Refusal?.Current, result.At, isWrite: false, cancellationToken);
            return result;
        }

        for (var i = 0; i < result.Records.Count; i++)
        {
            if (result.Records[i] is not { } record)
            {
                continue;
            }

            var at = record.Revision > result.At.Revision ? await RunningAtAsync(result.At, cancellationToken) : result.At;
            if (record.Revision <= at.Revision)
            {
                await SawAsync(record, at, isWrite: true, cancellationToken);
            }
        }

        if (commit.ChangesRevision)
        {
            await SawAsync(null, result.At, isWrite: true, cancellationToken);
        }

        return result;
    }

    private async ValueTask<Record?> ReadAsync(Address address, Freshness freshness, CancellationToken cancellationToken)
    {
        var reading = await Calls.ReadAsync(address, freshness, cancellationToken);
        await SawAsync(reading.Record, reading.At, isWrite: false, cancellationToken);
        return reading.Record;
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

    /// <summary>
    /// The partition's moment, for records newer than the commit that tells them: a replay tells the first time's term, which may
    /// have ended before they came. Where the store does not answer, the first time's moment is all that is known.
    /// </summary>
    private async ValueTask<Stamp> RunningAtAsync(Stamp first, CancellationToken cancellationToken)
    {
        try
        {
            return (await Calls.ReadHeadAsync(first.Partition, cancellationToken)).At;
        }
        catch (StateException)
        {
            return first;
        }
    }

    /// <summary>The partition is in another term, or behind: does its history include what the client has seen?</summary>
    private async ValueTask SawAnotherHistoryAsync(Stamp known, Stamp stamp, Stamp at, bool isWrite, CancellationToken cancellationToken)
    {
        var isLost = false;
        try
        {
            var head = await Calls.ReadHeadAsync(known.Partition, cancellationToken);
            isLost = !head.Contains(known);
            if (isLost)
            {
                Lost(known, head.At, isWrite);
            }
        }
        catch (StateException) when (isWrite)
        {
            // The commit was made, and its answer must arrive. A loss is noticed with the next read: the higher revision stays.
        }

        // An answer from before the running term stays below what the client saw in it. What was lost is told once.
        stamps.Add(at.Term < known.Term && !isLost ? stamp with { Term = known.Term } : stamp, NowSeconds, isWrite);
    }

    /// <summary>A commit that was made is answered all the same; only what would be shown is refused, once.</summary>
    private void Lost(Stamp known, Stamp headAt, bool isWrite)
    {
        services.Meter.StampLost();
        services.Logger.StampLost(known, headAt);
        if (isWrite || !services.Options.RefuseLostState)
        {
            stamps.Forget(known.Partition);
            return;
        }

        stamps.ForgetAll(NowSeconds + services.Carriages.KeepStampsSeconds);
        throw new StateException($"The store has forgotten what it acknowledged in partition {known.Partition}, and lost state is refused.");
    }
}
