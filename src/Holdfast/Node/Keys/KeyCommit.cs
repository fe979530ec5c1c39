using Holdfast.Embedded;

namespace Holdfast.Node;

/// <summary>Makes the writes of a command: of one partition in one commit, as far as a commit's limits allow.</summary>
internal static class KeyCommit
{
    /// <summary>Makes the write and answers it. It is decided before this returns.</summary>
    public static ValueTask MakeAsync(PendingCommit pending, KeyWrite write)
    {
        var durable = Begin(pending, pending.Lane.Partition, [write], writes: true);
        write.Answer(pending.Reply);
        return pending.AnswerOnce(durable);
    }

    /// <summary>
    /// Gives the command's key a string and answers OK, if what it replaces is a string or nothing: no write is made. False if it is otherwise, and nothing was done.
    /// </summary>
    public static bool TrySet(PendingCommit pending, ReadOnlySpan<byte> value, Expiry expiry, out ValueTask made)
    {
        made = default;
        var node = pending.Session.Node;
        if (pending.SpeltKey is not { } key || value.Length > FieldReplacement.MaxValueBytes)
        {
            return false;
        }

        var field = new FieldReplacement(PlainRecord.ValueFieldName, value, expiry);
        if (node.Engine.TryReplace(key.Address, key.Hash, key.Partition, field, node.Options.Durability, SenderOf(pending, writes: true), node.Engine.Now()) is not { } durable)
        {
            return false;
        }

        pending.Reply.Ok();
        made = pending.AnswerOnce(durable);
        return true;
    }

    /// <summary>
    /// Makes the writes, of different keys: one commit for each partition, and further ones beyond what a commit may
    /// hold. If one of them fails, those before it are made all the same. All are decided before this returns.
    /// </summary>
    public static async ValueTask MakeAsync(PendingCommit pending, IReadOnlyList<KeyWrite> writes)
    {
        var partitions = pending.Session.Node.Engine.Partitions;
        List<Task> made = [];
        Exception? fault = null;
        try
        {
            foreach (var group in writes.GroupBy(write => partitions.PartitionOf(write.Address)))
            {
                foreach (var commit in Fitting(group))
                {
                    made.Add(Begin(pending, group.Key, [.. commit], writes: false));
                }
            }
        }
        catch (StateException exception)
        {
            fault = exception;
        }

        await Task.WhenAll(made).ConfigureAwait(false);
        if (fault is not null)
        {
            throw fault;
        }
    }

    private static Task Begin(PendingCommit pending, int partition, ReadOnlySpan<RecordDecision> changes, bool writes)
    {
        var node = pending.Session.Node;
        return node.Engine.Begin(
            partition, changes, ((KeyWrite)changes[0]).Durability ?? node.Options.Durability, SenderOf(pending, writes));
    }

    private static CommitSender SenderOf(PendingCommit pending, bool writes) => new(null, 0, pending.Origin) { Writes = writes };

    private static IEnumerable<KeyWrite[]> Fitting(IEnumerable<KeyWrite> writes)
    {
        List<KeyWrite> commit = [];
        var bytes = 0L;
        foreach (var write in writes)
        {
            if (commit.Count == StateLimits.MaxRecordsPerCommit || (commit.Count > 0 && bytes + write.Bytes > StateLimits.MaxCommitBytes))
            {
                yield return [.. commit];
                commit = [];
                bytes = 0;
            }

            commit.Add(write);
            bytes += write.Bytes;
        }

        yield return [.. commit];
    }
}
