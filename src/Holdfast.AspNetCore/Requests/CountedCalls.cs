namespace Holdfast.AspNetCore.Requests;

/// <summary>
/// The engine as one request calls it, with what that costs: round trips to the store, the bytes of fields and events that they carried either way,
/// and the time until their answers. What a near cache answers costs none.
/// </summary>
internal sealed class CountedCalls(StateEngine engine, bool countsBytes)
{
    private readonly TimeProvider clock = engine.Options.Clock;
    private long ticks;

    public int RoundTrips { get; private set; }

    /// <summary>0 unless somebody wants to know.</summary>
    public long Bytes { get; private set; }

    public TimeSpan Waited => clock.GetElapsedTime(0, ticks);

    public ValueTask<Reading> ReadAsync(Address address, Freshness freshness, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        var call = engine.ReadAsync(address, freshness, cancellationToken);
        if (!call.IsCompletedSuccessfully)
        {
            return ReadSlowAsync(call, began);
        }

        var reading = call.Result;
        if (!reading.IsNear)
        {
            Count(began);
            Carried(reading.Record);
        }

        return new ValueTask<Reading>(reading);
    }

    public async ValueTask<IReadOnlyList<Reading>> ReadManyAsync(IReadOnlyList<Address> addresses, CancellationToken cancellationToken)
    {
        var readings = await CountAsync(engine.ReadManyAsync(addresses, cancellationToken));
        foreach (var reading in readings)
        {
            Carried(reading.Record);
        }

        return readings;
    }

    public ValueTask<CommitResult> CommitAsync(Commit commit, CancellationToken cancellationToken) =>
        countsBytes ? CommitCountingBytesAsync(commit, cancellationToken) : CountAsync(engine.CommitAsync(commit, cancellationToken));

    public ValueTask<PartitionHead> ReadHeadAsync(int partition, CancellationToken cancellationToken) =>
        CountAsync(engine.ReadHeadAsync(partition, cancellationToken));

    /// <summary>Counts what takes a round trip by another way.</summary>
    public ValueTask<T> CountAsync<T>(ValueTask<T> call) => CountAsync(call, clock.GetTimestamp());

    private async ValueTask<CommitResult> CommitCountingBytesAsync(Commit commit, CancellationToken cancellationToken)
    {
        Bytes += commit.Changes.Sum(static change => change.Operations.Sum(static operation => (long)operation.Field.Length + operation.Value.Length))
            + commit.Events.Sum(static happened => (long)happened.Payload.Length);
        var result = await CountAsync(engine.CommitAsync(commit, cancellationToken));
        foreach (var record in result.Records)
        {
            Carried(record);
        }

        Carried(result.Refusal?.Current);
        return result;
    }

    private async ValueTask<Reading> ReadSlowAsync(ValueTask<Reading> call, long began)
    {
        var reading = await CountAsync(call, began);
        Carried(reading.Record);
        return reading;
    }

    /// <summary>Counts a call that is under way, however it ends.</summary>
    private async ValueTask<T> CountAsync<T>(ValueTask<T> call, long began)
    {
        try
        {
            return await call;
        }
        finally
        {
            Count(began);
        }
    }

    private void Count(long began)
    {
        RoundTrips++;
        ticks += clock.GetTimestamp() - began;
    }

    private void Carried(Record? record)
    {
        if (countsBytes && record is not null)
        {
            foreach (var (name, value) in record.Fields)
            {
                Bytes += name.Length + value.Length;
            }
        }
    }
}
