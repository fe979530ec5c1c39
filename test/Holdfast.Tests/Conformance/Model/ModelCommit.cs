using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Holdfast.Tests.Conformance;

/// <summary>One commit at work on the model: checked, then applied to copies, which the partition writes.</summary>
internal sealed class ModelCommit(ModelStore store, ModelPartition partition, Commit commit)
{
    private const double LargestCounter = (1L << 53) - 1;

    public List<(string Key, RecordChange Change, ModelRecord? Record)> Written { get; } = [];

    public long Revision { get; private set; }

    private IEnumerable<RecordChange> Changes => commit.Changes.Take(Has(ModelFault.CommitsAreCut) ? 32 : int.MaxValue);

    /// <summary>The refusal that the conditions ask for, if they do.</summary>
    public CommitResult? Refuse(Stamp at)
    {
        if (Has(ModelFault.ConditionsSeeTheCommit) || Has(ModelFault.RefusalsLeaveTraces))
        {
            Apply();
        }

        Refusal? refusal = null;
        var checkedOnes = 0;
        foreach (var (index, change) in commit.Changes.Index())
        {
            var found = Has(ModelFault.ConditionsSeeTheCommit) ? Written[index].Record : partition.FindForCommit(partition.Key(change.Address));
            var current = found?.ToRecord();
            foreach (var condition in change.Conditions)
            {
                var isSeen = !(Has(ModelFault.OnlyTheFirstConditionCounts) && checkedOnes++ > 0);
                if (isSeen && !IsIgnored(change, condition) && !condition.HoldsFor(current))
                {
                    var told = current ?? (Has(ModelFault.RefusalsInventARecord) ? new Record(change.Address, 0, 0, new Dictionary<string, ReadOnlyMemory<byte>>(), null) : null);
                    refusal = refusal is null || Has(ModelFault.RefusalsTellTheLastCondition) ? new Refusal(index, condition, told) : refusal;
                }
            }
        }

        return refusal is null ? null : new CommitResult(at, refusal);
    }

    public void Apply()
    {
        Written.Clear();
        if (Has(ModelFault.LargeCommitsAreRefused) && commit.Changes.Sum(static change => change.Operations.Sum(static operation => operation.Value.Length)) > 2 << 20)
        {
            throw new StateLimitException("This model takes small commits only.");
        }

        var isExisting = Changes.Any(change => partition.FindForCommit(partition.Key(change.Address)) is not null);
        var next = partition.NextRevision(isExisting);
        Revision = TakesRevision() ? next : partition.At.Revision;
        foreach (var change in Changes)
        {
            var key = partition.Key(change.Address);
            var before = partition.FindForCommit(key);
            var after = Changed(change, key, before, Has(ModelFault.RevisionPerRecord) && Written.Count > 0 ? ++Revision : Revision);
            Written.Add((key, change, after));
            if (Has(ModelFault.LimitsLeaveTraces))
            {
                partition.Put(key, after);
            }
        }
    }

    public IReadOnlyList<Record?> Results()
    {
        var results = Written.Select(item => item.Change.Kind == ChangeKind.Update ? Told(item.Record) : null);
        return Has(ModelFault.ResultsAreReversed) ? [.. results.Reverse()] : [.. results];
    }

    private static ImmutableDictionary<string, byte[]> Without(ImmutableDictionary<string, byte[]> fields, string name) => fields.Remove(name);

    private bool Has(ModelFault fault) => store.Has(fault);

    private Record? Told(ModelRecord? record) => (Has(ModelFault.CommitsTellNoExpiry) && record is not null ? record with { Expires = null } : record)?.ToRecord();

    private bool IsIgnored(RecordChange change, Condition condition) =>
        (change.Kind == ChangeKind.Keep && Has(ModelFault.ConditionsOfKeptAreIgnored)) || condition.Kind switch
        {
            ConditionKind.Absent => Has(ModelFault.AbsentIsIgnored),
            ConditionKind.Exists => Has(ModelFault.ExistsIsIgnored),
            ConditionKind.BornAt => Has(ModelFault.BornAtIsIgnored),
            ConditionKind.RevisionIs => Has(ModelFault.RevisionIsIsIgnored),
            ConditionKind.FieldIs => Has(ModelFault.FieldIsIsIgnored),
            _ => Has(ModelFault.FieldAbsentIsIgnored),
        };

    private bool TakesRevision() =>
        (commit.Events.Count > 0 && !Has(ModelFault.EventsTakeNoRevision)) || Changes.Any(change => change.Kind switch
        {
            ChangeKind.Update => true,
            ChangeKind.Keep => Has(ModelFault.KeepingTakesARevision),
            _ => Has(ModelFault.RemovingNothingTakesARevision)
                || (partition.FindForCommit(partition.Key(change.Address)) is not null && !Has(ModelFault.RemovalTakesNoRevision)),
        });

    private ModelRecord? Changed(RecordChange change, string key, ModelRecord? before, long revision)
    {
        if (change.Kind == ChangeKind.Delete)
        {
            return null;
        }

        if (change.Kind == ChangeKind.Keep)
        {
            var kept = before ?? (Has(ModelFault.TouchesCreate) ? new ModelRecord(change.Address, 0, 0, NoFields(), null) : null);
            return Has(ModelFault.TouchesAreIgnored) || kept is null ? kept : kept with { Expires = ExpiryOf(change, kept.Expires) };
        }

        var found = before ?? partition.FindRemoved(key);
        var fields = Has(ModelFault.SetClearsTheRecord) ? NoFields() : found?.Fields ?? NoFields();
        var operations = found is null && Has(ModelFault.CreationIgnoresOperations) ? [] : change.Operations;
        foreach (var operation in Has(ModelFault.OperationsRunBackwards) ? operations.Reverse() : operations)
        {
            fields = Operated(fields, operation);
        }

        var birth = found is null || Has(ModelFault.BirthFollowsRevision) ? revision : found.Birth;
        var after = new ModelRecord(change.Address, revision, birth, fields, ExpiryOf(change, Has(ModelFault.UpdatesClearTheExpiry) ? null : found?.Expires));
        if ((after.Bytes > StateLimits.MaxRecordBytes || fields.Count > StateLimits.MaxFieldsPerRecord) && !Has(ModelFault.LimitsAreIgnored))
        {
            throw new StateLimitException($"{change.Address} would be over its limits.");
        }

        return fields.Count == 0 && Has(ModelFault.EmptyRecordsVanish) ? null : after;
    }

    private ImmutableDictionary<string, byte[]> NoFields() =>
        ImmutableDictionary.Create<string, byte[]>(Has(ModelFault.FieldsIgnoreCase) ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);

    private ImmutableDictionary<string, byte[]> Operated(ImmutableDictionary<string, byte[]> fields, FieldOperation operation) => operation.Kind switch
    {
        FieldOperationKind.Set => fields.SetItem(operation.Field, Bytes(operation.Value)),
        FieldOperationKind.Remove => Has(ModelFault.RemoveLeavesTheFieldEmpty) ? fields.SetItem(operation.Field, []) : Without(fields, operation.Field),
        _ => fields.SetItem(operation.Field, Counted(fields, operation)),
    };

    private byte[] Bytes(ReadOnlyMemory<byte> value) =>
        Has(ModelFault.BytesAreText) ? Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(value.Span)) : value.ToArray();

    private byte[] Counted(ImmutableDictionary<string, byte[]> fields, FieldOperation operation)
    {
        long? before = fields.TryGetValue(operation.Field, out var text) ? Parsed(text, operation.Field) : null;
        var after = operation.Kind == FieldOperationKind.Add
            ? (Has(ModelFault.AddsAreLost) ? 0 : before ?? 0) + operation.Number
            : Has(ModelFault.MaxSets) ? operation.Number
            : Math.Max(before ?? (Has(ModelFault.MaxStartsAtZero) ? 0 : long.MinValue), operation.Number);
        if (Math.Abs(after) > LargestCounter && !Has(ModelFault.CountersHaveNoRange))
        {
            throw new StateLimitException($"The counter {operation.Field} would leave its range.");
        }

        return Encoding.ASCII.GetBytes(
            Has(ModelFault.CountersAreRounded) ? ((double)after).ToString("G15", CultureInfo.InvariantCulture) : after.ToString(CultureInfo.InvariantCulture));
    }

    private long Parsed(byte[] text, string field)
    {
        var written = Encoding.ASCII.GetString(text);
        if (long.TryParse(written, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number.ToString(CultureInfo.InvariantCulture) == written && (Math.Abs(number) <= LargestCounter || Has(ModelFault.CountersHaveNoRange)))
        {
            return number;
        }

        return Has(ModelFault.TextCountsAsZero) ? 0 : throw new StateLimitException($"The field {field} holds no counter.");
    }

    private long? ExpiryOf(RecordChange change, long? before)
    {
        if (change.Expiry.IsUnchanged || (change.Expiry.IsNever && Has(ModelFault.NeverExpireIsIgnored)))
        {
            return before;
        }

        if (change.Expiry.IsNever)
        {
            return null;
        }

        var milliseconds = change.Expiry.Milliseconds * (Has(ModelFault.TimesToLiveGrow) ? 2 : 1);
        var told = Has(ModelFault.TimesToLiveAreCapped) ? Math.Min(milliseconds, 1000L * 3600 * 24 * 30) : milliseconds;
        return store.Clock.GetTimestamp() + (told * (store.Clock.TimestampFrequency / 1000));
    }
}
