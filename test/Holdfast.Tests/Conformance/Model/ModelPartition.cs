using System.Collections.Immutable;
using System.Text;

namespace Holdfast.Tests.Conformance;

/// <summary>One partition of the model: its records, journal and remembered requests. Callers hold the store's lock.</summary>
internal sealed class ModelPartition
{
    private readonly ModelStore store;
    private readonly Dictionary<string, ModelRecord> removed = [];
    private readonly List<JournalEvent> journal = [];
    private readonly Dictionary<string, ModelRequest> ownRequests = [];
    private readonly List<TermStart> terms = [new(1_000, 0)];
    private Dictionary<string, ModelRecord> records = [];
    private bool isTrimmed;
    private long ownRevision;
    private int commits;

    public ModelPartition(ModelStore store, int number) => (this.store, Number) = (store, number);

    public int Number { get; }

    public Stamp At => new(Number, terms[^1].Term, Revision);

    private long Revision
    {
        get => Has(ModelFault.OneRevisionForAllPartitions) ? store.SharedRevision : ownRevision;
        set
        {
            ownRevision = value;
            store.SharedRevision = value;
        }
    }

    private Dictionary<string, ModelRequest> Requests => Has(ModelFault.IdsSpanPartitions) ? store.SharedRequests : ownRequests;

    public void Restart()
    {
        if (!Has(ModelFault.RestartsKeepTheTerm))
        {
            terms.Add(new(terms[^1].Term + 1, Revision));
            terms.RemoveRange(0, Math.Max(0, terms.Count - PartitionHead.MaxTerms));
        }

        if (Has(ModelFault.RestartsForget))
        {
            records = [];
            journal.Clear();
            ownRequests.Clear();
        }

        if (Has(ModelFault.RestartsRevive))
        {
            records = records.Concat(removed.Where(item => !records.ContainsKey(item.Key))).ToDictionary();
        }
    }

    public PartitionHead Head()
    {
        var told = Has(ModelFault.HeadsTellAnotherTerm) ? [.. terms.Select(static term => term with { Term = term.Term + 1 })] : terms.ToArray();
        var offset = Has(ModelFault.HeadsLag) ? -1 : Has(ModelFault.HeadsRunAhead) ? 1 : 0;
        return new PartitionHead(Number, Revision + offset, told);
    }

    public Reading Read(Address address)
    {
        var record = Find(Key(address))?.ToRecord();
        return record is null && Has(ModelFault.AbsenceHasNoMoment) ? new Reading(null, new Stamp(Number, 0, 0)) : new Reading(record, At);
    }

    public List<Record> Scan(string kind)
    {
        bool IsOf(Address address) =>
            address.Kind == kind || Has(ModelFault.ScansTellEveryKind) || (Has(ModelFault.ScansTellPrefixes) && address.Kind.StartsWith(kind, StringComparison.Ordinal));
        var told = records.Values.Where(record => IsOf(record.Address) && (Has(ModelFault.ScansTellTheExpired) || !HasExpired(record)));
        return [.. told.Take(Has(ModelFault.ScansStopEarly) ? 100 : int.MaxValue).Select(static record => record.ToRecord())];
    }

    public JournalPage ReadJournal(JournalPosition after, int maxEvents, Stamp at)
    {
        var told = journal
            .SkipWhile(item => Has(ModelFault.IndexesAreIgnored) ? item.Position.Revision <= after.Revision : item.Position <= after)
            .Take(Has(ModelFault.PageSizesAreIgnored) ? int.MaxValue : maxEvents).ToArray();
        var hasGap = isTrimmed && journal[0].Position > after && (journal[0].Position.Index > 0 || journal[0].Position.Revision > after.Revision + 1);
        if (told.Length == 0 && Has(ModelFault.EmptyPagesHaveNoMoment))
        {
            at = new Stamp(Number, at.Term, after.Revision);
        }

        return new JournalPage(told, hasGap, Has(ModelFault.JournalsTellAnotherTerm) ? at with { Term = at.Term + 1 } : at);
    }

    public CommitResult Commit(Commit commit, ModelEngine by)
    {
        var request = RequestKey(commit);
        if (!Has(ModelFault.ConditionsComeBeforeReplays) && Remembered(commit, request) is { } known)
        {
            return known;
        }

        var work = new ModelCommit(store, this, commit);
        if (work.Refuse(At) is { } refused)
        {
            if (Has(ModelFault.RefusalsLeaveTraces))
            {
                Write(commit, work, by);
            }

            Remember(commit, Has(ModelFault.RefusedIdsAreRemembered) ? request : null, []);
            return refused;
        }

        if (Remembered(commit, request) is { } late)
        {
            return late;
        }

        work.Apply();
        var isLost = (Has(ModelFault.WritesToMemoryAreLost) && commit.Durability == Durability.Memory) || (Has(ModelFault.EveryOtherCommitIsLost) && commits++ % 2 == 1);
        if (!isLost)
        {
            Write(commit, work, by);
        }

        var results = work.Results();
        Remember(commit, request, results);
        return new CommitResult(At, results, isReplay: false);
    }

    public string Key(Address address)
    {
        var key = Has(ModelFault.IdsAreIgnored) ? $"{address.Kind}/{address.Affinity}" : address.ToString();
        return Has(ModelFault.AddressesAreCut) && key.Length > 300 ? key[..300] : key;
    }

    /// <summary>The record as commits and reads see it.</summary>
    public ModelRecord? Find(string key) => records.TryGetValue(key, out var record) && !HasExpired(record) ? record : null;

    public ModelRecord? FindForCommit(string key) => Has(ModelFault.ExpiredRecordsCount) ? records.GetValueOrDefault(key) : Find(key);

    public ModelRecord? FindRemoved(string key) => Has(ModelFault.RemovedRecordsRevive) ? removed.GetValueOrDefault(key) : null;

    public long NextRevision(bool isExisting) => Revision + (Has(ModelFault.RevisionsRepeat) && isExisting ? 0 : 1);

    public void Put(string key, ModelRecord? record)
    {
        if (record is not null)
        {
            records[key] = record;
        }
        else if (records.Remove(key, out var old))
        {
            removed[key] = old;
        }
    }

    private static string PayloadText(ReadOnlyMemory<byte> payload) => Encoding.UTF8.GetString(payload.Span);

    private bool Has(ModelFault fault) => store.Has(fault);

    private bool HasExpired(ModelRecord record) => record.Expires <= store.Clock.GetTimestamp() && !Has(ModelFault.NothingExpires);

    private void Write(Commit commit, ModelCommit work, ModelEngine by)
    {
        var taken = work.Revision;
        foreach (var (key, change, record) in work.Written)
        {
            Put(key, record);
            var isMissed = (change.Kind == ChangeKind.Delete && Has(ModelFault.WatchesMissRemovals)) || (change.Kind == ChangeKind.Keep && Has(ModelFault.WatchesMissTouches));
            if (!isMissed)
            {
                store.Pulse(Number, change.Address, by);
            }

            if (record?.Expires is { } expires)
            {
                store.PulseAtExpiry(Number, change.Address, store.Clock.GetElapsedTime(store.Clock.GetTimestamp(), expires));
            }
        }

        if (taken > Revision)
        {
            Revision = taken;
            if (commit.Changes.Count > 0 || !Has(ModelFault.WatchesMissEvents))
            {
                store.Pulse(Number, null, by);
            }
        }

        Append(commit, taken);
    }

    private void Append(Commit commit, long revision)
    {
        var events = commit.Events.Take(Has(ModelFault.CommitsAreCut) ? 32 : int.MaxValue);
        var own = store.JournalOf(Number).journal;
        foreach (var (index, item) in (Has(ModelFault.EventsAreReversed) ? events.Reverse() : events).Index())
        {
            var payload = Has(ModelFault.BytesAreText) ? Encoding.UTF8.GetBytes(PayloadText(item.Payload)) : item.Payload.ToArray();
            own.Add(new JournalEvent(new JournalPosition(revision, index), store.Clock.GetUtcNow(), item.Type, payload));
        }

        if (own.Count > StateLimits.JournalMaxEvents && !Has(ModelFault.JournalsAreNeverTrimmed))
        {
            own.RemoveRange(0, own.Count - StateLimits.JournalMaxEvents);
            isTrimmed = true;
        }
    }

    private string? RequestKey(Commit commit)
    {
        if (commit.Request is not { } request || Has(ModelFault.RequestIdsAreIgnored))
        {
            return null;
        }

        return Has(ModelFault.StepsAreIgnored) ? request.Id
            : Has(ModelFault.IdAndStepAreJoined) ? $"{request.Id}:{request.Step}"
            : $"{request.Id.Length}:{request.Id}:{request.Step}";
    }

    private CommitResult? Remembered(Commit commit, string? request)
    {
        if (request is null || !Requests.TryGetValue(request, out var known)
            || (known.Expires <= store.Clock.GetTimestamp() && !Has(ModelFault.IdsAreNeverForgotten)))
        {
            return null;
        }

        if (known.Fingerprint != Fingerprint(commit) && !Has(ModelFault.FingerprintsAreIgnored))
        {
            return new CommitResult(At, refusal: null);
        }

        var now = commit.Changes.Select(change => change.Kind == ChangeKind.Keep ? null : Find(Key(change.Address))?.ToRecord());
        return new CommitResult(known.At, Has(ModelFault.ReplaysTellOldRecords) ? known.Records : [.. now], isReplay: true);
    }

    private void Remember(Commit commit, string? request, IReadOnlyList<Record?> results)
    {
        if (request is not null)
        {
            var window = (long)(commit.Request!.Window.TotalSeconds * store.Clock.TimestampFrequency);
            Requests[request] = new ModelRequest(Fingerprint(commit), At, results, store.Clock.GetTimestamp() + window);
        }
    }

    private static string Fingerprint(Commit commit) => commit.Request!.Fingerprint ?? ModelFingerprint.Of(commit);
}
