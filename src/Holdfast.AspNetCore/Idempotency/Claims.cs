using Holdfast.AspNetCore.Requests;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// Hands out claims on keys. A key is two records: one that lasts, with the request's fingerprint and in the end its response, and a lease,
/// which says that somebody runs the request. Both are created in one commit. Of one that is refused the current record tells why:
/// the request has finished, is another, or runs; or else whoever ran it died, and the claim is taken over.
/// </summary>
internal sealed class Claims(StateEngine engine, IdempotencyMeter meter, KeyRoom room)
{
    /// <summary>How often the claim is tried while parallel requests finish, give back and expire.</summary>
    private const int MaxAttempts = 16;

    /// <summary>Where the record, the lease and the usage stand in the commit that claims.</summary>
    private const int RecordPlace = 0;
    private const int LeasePlace = 1;
    private const int UsagePlace = 2;

    private TimeProvider Clock => engine.Options.Clock;

    /// <summary>Claims the key, in one round trip; in two when it takes a claim over.</summary>
    /// <exception cref="StateException">The store can't answer.</exception>
    public async ValueTask<ClaimAnswer> TakeAsync(CountedCalls calls, KeyPlace place, string fingerprint, IdempotencyOptions options)
    {
        Record? seen = null;
        var unasked = 0L;
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var sentAt = Clock.GetTimestamp();
            var reserving = seen is null ? KeyUsage.Reservation(options) : Missing(seen, options);
            var commit = seen is null ? First(place, fingerprint, options) : Again(place, seen, reserving, options);
            var result = await calls.CommitAsync(commit, CancellationToken.None);
            if (result.IsCommitted)
            {
                unasked += reserving;
                if (await TakenAsync(calls, place, options, fingerprint, result, sentAt, unasked) is { } taken)
                {
                    return taken;
                }

                // It was made, and its answer was so long on its way that the lease has ended: if nobody has the key by now, it is taken over.
                seen = result.Records[RecordPlace] is { } own && own.Revision == result.At.Revision ? own : null;
                continue;
            }

            if (result.Refusal!.Change == LeasePlace)
            {
                break;
            }

            seen = result.Refusal.Current;
            if (seen is not null && AnswerOf(seen, fingerprint, result.At) is { } answer)
            {
                return answer;
            }
        }

        return new ClaimAnswer.Running();
    }

    /// <summary>What the record says without another commit; null when its claim may be taken over.</summary>
    private ClaimAnswer? AnswerOf(Record seen, string fingerprint, Stamp at)
    {
        if (seen.Text(ClaimFields.Fingerprint) != fingerprint)
        {
            return new ClaimAnswer.OtherRequest();
        }

        if (StoredResponse.Of(seen) is { } response)
        {
            return new ClaimAnswer.Finished(seen, response, at);
        }

        return Claim.IsExpiring(seen, Clock) ? new ClaimAnswer.Running() : null;
    }

    private Commit First(KeyPlace place, string fingerprint, IdempotencyOptions options)
    {
        var (hour, reserved) = (KeyUsage.HourOf(Clock.GetUtcNow(), options.Window), KeyUsage.Reservation(options));
        return new Commit(
            RecordChange.Update(place.Record).When(Condition.Absent)
                .Set(ClaimFields.Fingerprint, fingerprint)
                .Add(ClaimFields.Runs, 1)
                .Add(ClaimFields.Bytes, reserved)
                .Add(ClaimFields.Hour, hour)
                .ExpireAfter(options.Window),
            Lease.Taking(place.Claim, options.ClaimLifetime),
            KeyUsage.Change(engine.Partitions, place.Partition).Add(KeyUsage.FieldOf(hour), reserved));
    }

    /// <summary>
    /// Takes over from a run that died. The record keeps its expiry, so that it is never remembered for longer than the steps of its
    /// first run are: a run that has them forgotten would make them anew.
    /// </summary>
    private Commit Again(KeyPlace place, Record seen, long reserving, IdempotencyOptions options) => new(
        RecordChange.Update(place.Record).When(Condition.RevisionIs(seen.Revision)).Add(ClaimFields.Runs, 1).Add(ClaimFields.Bytes, reserving),
        Lease.Taking(place.Claim, options.ClaimLifetime),
        KeyUsage.Change(engine.Partitions, place.Partition).Add(KeyUsage.FieldOf(seen.Counter(ClaimFields.Hour)), reserving));

    /// <summary>What another run needs beyond what is reserved still: all of that after a crash, and little after a run that gave its claim back.</summary>
    private static long Missing(Record seen, IdempotencyOptions options) =>
        Math.Max(KeyUsage.Reservation(options) + (seen[ClaimFields.Plan]?.Length ?? 0) - seen.Counter(ClaimFields.Bytes), 0);

    /// <summary>What the commit has taken; null when that has ended since. What is reserved and nobody has asked room for, is asked for.</summary>
    private async ValueTask<ClaimAnswer?> TakenAsync(
        CountedCalls calls, KeyPlace place, IdempotencyOptions options, string fingerprint, CommitResult result, long sentAt, long unasked)
    {
        // A commit that was repeated after a lost connection tells the records as they are by now.
        if (result.Records[RecordPlace] is not { } record || record.Revision != result.At.Revision
            || Lease.Taken(engine, result, LeasePlace, options.ClaimLifetime, sentAt) is not { } lease || lease.Token != record.Revision)
        {
            return null;
        }

        var usage = new KeyUsage(result.Records[UsagePlace]!, Clock.GetUtcNow());
        var claim = new Claim(engine, calls, meter, room, place, options, fingerprint, record, lease) { PastHours = usage.Past };
        var hasRoom = false;
        try
        {
            hasRoom = unasked == 0 || await room.HasAsync(place.Partition, usage, unasked);
        }
        finally
        {
            if (!hasRoom)
            {
                await claim.DisposeAsync();
            }
        }

        return hasRoom ? new ClaimAnswer.Taken(claim) : new ClaimAnswer.Full(usage.SecondsToRelief);
    }
}
