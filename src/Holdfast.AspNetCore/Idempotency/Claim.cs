using System.Globalization;
using Holdfast.AspNetCore.Requests;
using Holdfast.AspNetCore.Sessions;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// The right to run a keyed request, kept alive while it runs. As a part of the request's commit it stores the response and gives itself up;
/// otherwise it is given back. The lease only keeps others from running the request too: it saves work, and proves nothing. What fences is the
/// revision of the key's record, which whoever takes the claim over changes.
/// </summary>
internal sealed class Claim : ICommitPart, IAsyncDisposable
{
    /// <summary>How long giving the claim back may hold up a response; it ends by itself.</summary>
    private static readonly TimeSpan ReleasePatience = TimeSpan.FromSeconds(1);

    /// <summary>How long before the record's expiry nothing is begun under it any more: twice what a commit may take.</summary>
    private static readonly TimeSpan LastMoments = TimeSpan.FromSeconds(10);

    private readonly StateEngine engine;
    private readonly CountedCalls calls;
    private readonly IdempotencyMeter meter;
    private readonly KeyRoom room;
    private readonly IdempotencyOptions options;
    private readonly Lease lease;
    private readonly CancellationTokenSource ending = new();
    private readonly Task keeping;
    private readonly Record record;
    private readonly long hour;
    private readonly Dictionary<int, int> stepsIn = [];
    private readonly SortedDictionary<int, Stamp> written = [];
    private long revision;
    private long countedBytes;
    private long stepBytes;
    private StoredResponse response = null!;
    private SessionReference? arrived;
    private bool wasEnded;
    private bool hasTraces;
    private bool isCompleting;
    private bool isFinished;

    public Claim(
        StateEngine engine, CountedCalls calls, IdempotencyMeter meter, KeyRoom room, KeyPlace place, IdempotencyOptions options, string fingerprint, Record record, Lease lease)
    {
        (this.engine, this.calls, this.meter, this.room, this.options, this.lease, this.record) = (engine, calls, meter, room, options, lease, record);
        (Place, Fingerprint) = (place, fingerprint);
        Id = string.Create(CultureInfo.InvariantCulture, $"{place.Affinity}.{record.Birth:x}");
        (revision, countedBytes, hour) = (record.Revision, record.Counter(ClaimFields.Bytes), record.Counter(ClaimFields.Hour));
        Plan = record[ClaimFields.Plan];
        hasTraces = IsRepeated;
        keeping = lease.KeepAsync(ending.Token);
    }

    public KeyPlace Place { get; }

    public string Fingerprint { get; }

    /// <summary>For how long the response is kept.</summary>
    public TimeSpan Window => options.Window;

    /// <summary>Names the request, the same in all its runs; of another request under the same key, after the window, it is another.</summary>
    public string Id { get; }

    /// <summary>Whether an earlier run ended without a response.</summary>
    public bool IsRepeated => record.Counter(ClaimFields.Runs) > 1;

    /// <summary>The plan that this run or an earlier one has stored.</summary>
    public ReadOnlyMemory<byte>? Plan { get; private set; }

    /// <summary>The hours of <see cref="KeyUsage"/> that can go.</summary>
    public IReadOnlyList<long> PastHours { get; init; } = [];

    /// <summary>Refuses a commit of the claim's partition when the claim is lost.</summary>
    public RecordChange Fence => RecordChange.Keep(Place.Record).When(Condition.RevisionIs(revision));

    /// <summary>Whether the record is about to be forgotten, so that a commit under it might come after.</summary>
    public static bool IsExpiring(Record record, TimeProvider clock) => record.TimeToLive(clock) < LastMoments;

    private int PlanBytes => Plan?.Length ?? 0;

    /// <summary>What is reserved for steps.</summary>
    private long StepRoomBytes => countedBytes - KeyUsage.KeyBytes - PlanBytes - options.MaxResponseBytes;

    /// <summary>Sees to room for another step, ahead of its commit. Most requests have what they need reserved.</summary>
    /// <exception cref="ClaimLostException">Another has taken over.</exception>
    /// <exception cref="KeysFullException">There is no room.</exception>
    public ValueTask MakeStepRoomAsync() => stepBytes + KeyUsage.StepBytes <= StepRoomBytes
        ? ValueTask.CompletedTask
        : GrowAsync(RecordChange.Update(Place.Record), RecordChange.Update(Place.Record), KeyUsage.StepRoomBytes);

    /// <summary>
    /// The name of a step, under which the commit takes effect once. Names are remembered for as long as the record at least.
    /// </summary>
    /// <exception cref="ClaimLostException">The record is about to be forgotten.</exception>
    public RequestId Step(string name)
    {
        if (IsExpiring(record, engine.Options.Clock))
        {
            throw Lost();
        }

        hasTraces = true;
        stepBytes += KeyUsage.StepBytes;
        return new RequestId(Id, name) { Fingerprint = Fingerprint, Window = options.Window };
    }

    /// <summary>The name of the request's next commit in the partition.</summary>
    public RequestId NextStepIn(int partition)
    {
        var number = stepsIn[partition] = stepsIn.GetValueOrDefault(partition) + 1;
        return Step(string.Create(CultureInfo.InvariantCulture, $"enlisted:{partition:x}:{number}"));
    }

    /// <summary>A step was committed.</summary>
    public void Wrote(Stamp at)
    {
        if (at.Partition != Place.Partition)
        {
            written[at.Partition] = at;
        }
    }

    /// <summary>Stores the plan.</summary>
    /// <exception cref="ClaimLostException">Another has taken over.</exception>
    /// <exception cref="KeysFullException">There is no room.</exception>
    public async ValueTask StoreAsync(ReadOnlyMemory<byte> plan)
    {
        var hadTraces = hasTraces;
        hasTraces = true;
        try
        {
            await GrowAsync(RecordChange.Update(Place.Record).Set(ClaimFields.Plan, plan), RecordChange.Update(Place.Record).Remove(ClaimFields.Plan), plan.Length);
        }
        catch (KeysFullException)
        {
            hasTraces = hadTraces;
            throw;
        }

        Plan = plan;
    }

    /// <summary>The request has run: this is what a repetition will be answered.</summary>
    /// <param name="stored">The response.</param>
    /// <param name="session">The session that the request came with.</param>
    /// <param name="isEnded">Whether the request ends it.</param>
    public void Finish(StoredResponse stored, SessionReference? session, bool isEnded) => (response, arrived, wasEnded) = (stored, session, isEnded);

    /// <summary>Adds what refuses a commit of the claim's partition when the claim is lost.</summary>
    public void AddTo(CommitDraft draft)
    {
        isCompleting = false;
        draft.Add(this, Fence);
    }

    /// <summary>Adds the response, and the end of the claim.</summary>
    /// <param name="draft">The request's commit.</param>
    /// <param name="became">The session that the client has after it, with its birth unless this commit creates it.</param>
    public void AddResponseTo(CommitDraft draft, (string Id, long? Birth)? became)
    {
        isCompleting = true;
        var done = RecordChange.Update(Place.Record).When(Condition.RevisionIs(revision)).ExpireAfter(options.Window);
        response.AddTo(done);
        if (Plan is not null)
        {
            done.Remove(ClaimFields.Plan);
        }

        if (written.Count > 0)
        {
            done.Set(ClaimFields.Written, WrittenStamps.Format(written.Values));
        }

        if (arrived is { } session)
        {
            done.Set(ClaimFields.Client, ClientChange.Format(session, became ?? (wasEnded ? null : (session.Id, session.Birth))));
        }

        draft.Add(this, done);
        draft.Add(this, RecordChange.Delete(Place.Claim));
        draft.Add(this, Recount(KeyUsage.KeyBytes + stepBytes + response.Bytes));
    }

    public void Made(CommitResult result) => isFinished = isCompleting;

    public void Refused(Refusal refusal) => throw Lost();

    /// <summary>Gives the claim back, unless the request has finished. What was begun stays known, so that a repetition goes on from there.</summary>
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ending.Dispose();
        if (isFinished)
        {
            return;
        }

        using var patience = new CancellationTokenSource(ReleasePatience, engine.Options.Clock);
        try
        {
            await engine.CommitAsync(hasTraces ? Leaving() : Forgetting(), patience.Token);
        }
        catch (Exception fault) when (fault is StateException or OperationCanceledException)
        {
            // The lease ends by its expiry.
        }
    }

    /// <summary>Notes that the claim is lost, and tells what to throw.</summary>
    public ClaimLostException Lost()
    {
        meter.Lost();
        return new ClaimLostException();
    }

    /// <summary>Makes a change for which the key takes so much more, and unmakes it if there is no room for that.</summary>
    private async ValueTask GrowAsync(RecordChange change, RecordChange back, long bytes)
    {
        var usage = new KeyUsage((await CountAsync(change, bytes)).Records[1]!, engine.Options.Clock.GetUtcNow());
        var hasRoom = false;
        try
        {
            hasRoom = await room.HasAsync(Place.Partition, usage, bytes);
        }
        finally
        {
            if (!hasRoom)
            {
                await CountAsync(back, -bytes);
            }
        }

        if (!hasRoom)
        {
            meter.Full();
            throw new KeysFullException();
        }
    }

    private async ValueTask<CommitResult> CountAsync(RecordChange change, long bytes)
    {
        var result = await calls.CommitAsync(
            new Commit(change.When(Condition.RevisionIs(revision)).Add(ClaimFields.Bytes, bytes), UsageBy(bytes)), CancellationToken.None);
        if (!result.IsCommitted)
        {
            throw Lost();
        }

        revision = result.At.Revision;
        countedBytes += bytes;
        return result;
    }

    /// <summary>Gives back what was reserved for the rest of the request.</summary>
    private Commit Leaving()
    {
        var less = KeyUsage.KeyBytes + PlanBytes + stepBytes - countedBytes;
        return new(
            RecordChange.Update(Place.Record).When(Condition.RevisionIs(revision)).Add(ClaimFields.Bytes, less),
            RecordChange.Delete(lease.Address),
            UsageBy(less));
    }

    private Commit Forgetting() => new(
        RecordChange.Delete(Place.Record).When(Condition.RevisionIs(revision)),
        RecordChange.Delete(lease.Address),
        UsageBy(-countedBytes));

    private RecordChange UsageBy(long bytes) => KeyUsage.Change(engine.Partitions, Place.Partition).Add(KeyUsage.FieldOf(hour), bytes);

    /// <summary>Counts the key in the hour in which it expires now, with its final size.</summary>
    private RecordChange Recount(long total)
    {
        var change = KeyUsage.Change(engine.Partitions, Place.Partition);
        var next = KeyUsage.HourOf(engine.Options.Clock.GetUtcNow(), options.Window);
        if (next == hour)
        {
            change.Add(KeyUsage.FieldOf(hour), total - countedBytes);
        }
        else
        {
            change.Add(KeyUsage.FieldOf(hour), -countedBytes).Add(KeyUsage.FieldOf(next), total);
        }

        foreach (var past in PastHours.Where(past => past != hour && past != next))
        {
            change.Remove(KeyUsage.FieldOf(past));
        }

        return change;
    }
}
