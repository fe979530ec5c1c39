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
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var sentAt = Clock.GetTimestamp();
            var commit = seen is null ? First(place, fingerprint, options) : Again(place, seen, options);
            var result = await calls.CommitAsync(commit, CancellationToken.None);
            if (result.IsCommitted)
            {
                if (await TakenAsync(calls, place, options, fingerprint, result, sentAt) is { } taken)
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
        var hour = KeyUsage.HourOf(Clock.GetUtcNow(), options.Window);
        return new Commit(
            RecordChange.Update(place.Record).When(Condition.Absent)
                .Set(ClaimFields.Fingerprint, fingerprint)
                .Add(ClaimFields.Runs, 1)
                .Add(ClaimFields.Bytes, KeyUsage.KeyBytes)
                .Add(ClaimFields.Hour, hour)
                .ExpireAfter(options.Window),
            Lease.Taking(place.Claim, options.ClaimLifetime),
            KeyUsage.Change(engine.Partitions, place.Partition).Add(KeyUsage.FieldOf(hour), KeyUsage.KeyBytes));
    }

    /// <summary>
    /// Takes over from a run that died. The record keeps its expiry, so that it is never remembered for longer than the steps of its
    /// first run are: a run that has them forgotten would make them anew.
    /// </summary>
    private static Commit Again(KeyPlace place, Record seen, IdempotencyOptions options) => new(
        RecordChange.Update(place.Record).When(Condition.RevisionIs(seen.Revision)).Add(ClaimFields.Runs, 1),
        Lease.Taking(place.Claim, options.ClaimLifetime));

    /// <summary>What the commit has taken; null when that has ended since.</summary>
    private async ValueTask<ClaimAnswer?> TakenAsync(
        CountedCalls calls, KeyPlace place, IdempotencyOptions options, string fingerprint, CommitResult result, long sentAt)
    {
        // A commit that was repeated after a lost connection tells the records as they are by now.
        if (result.Records[RecordPlace] is not { } record || record.Revision != result.At.Revision
            || Lease.Taken(engine, result, LeasePlace, options.ClaimLifetime, sentAt) is not { } lease || lease.Token != record.Revision)
        {
            return null;
        }

        var usage = result.Records.Count > UsagePlace && result.Records[UsagePlace] is { } counted ? new KeyUsage(counted, Clock.GetUtcNow()) : null;
        var claim = new Claim(engine, calls, meter, place, options, fingerprint, record, lease) { PastHours = usage?.Past ?? [] };
        var hasRoom = false;
        try
        {
            hasRoom = usage is null || await room.HasAsync(usage, KeyUsage.KeyBytes + options.MaxResponseBytes);
        }
        finally
        {
            if (!hasRoom)
            {
                await claim.DisposeAsync();
            }
        }

        return hasRoom ? new ClaimAnswer.Taken(claim) : new ClaimAnswer.Full(usage!.SecondsToRelief);
    }
}
