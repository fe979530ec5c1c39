namespace Holdfast.Embedded;

/// <summary>Knows a commit that is sent again, by its client's number or its request id. Needs the partition's lock.</summary>
internal static class CommitMemory
{
    /// <summary>What there is to say of a commit that was made before, or whose request id was another's; null for a new one.</summary>
    public static CommitVerdict? Find(PartitionState state, Commit commit, string? fingerprint, CommitSender sender, long now)
    {
        if (sender.IsRemembered && state.Clients.Find(sender.Client!) is { } commits
            && commits.TryFind(sender.Sequence, out var term, out var revision))
        {
            return Replay(state, commit, new Stamp(state.Index, term, revision), now) with { IsRepeat = true };
        }

        if (commit.Request is not { } request || state.Requests.Find(new RequestKey(request.Id, request.Step), now) is not { } mark)
        {
            return null;
        }

        return mark.Fingerprint == fingerprint
            ? Replay(state, commit, new Stamp(state.Index, mark.Term, mark.Revision), now)
            : new CommitVerdict(new CommitResult(state.Newest, null), [], Task.CompletedTask);
    }

    /// <summary>What remembering the commit takes.</summary>
    public static long BytesOf(PartitionState state, PendingCommit pending) =>
        (pending.Mark is { } mark ? RequestMarks.BytesOf(pending.Request!.Value, mark.Fingerprint) : 0)
        + (pending.Sender.IsRemembered ? state.Clients.BytesFor(pending.Sender.Client!, pending.Sender.Sequence) : 0);

    /// <summary>Remembers the commit; the memory was reserved.</summary>
    public static void Add(PartitionState state, PendingCommit pending)
    {
        if (pending.Mark is { } mark)
        {
            state.Requests.Add(pending.Request!.Value, mark);
        }

        if (pending.Sender.IsRemembered)
        {
            var commits = state.Clients.FindOrAdd(pending.Sender.Client!);
            commits.LastUse = pending.Timestamp;
            commits.Add(pending.Sender.Sequence, state.Term, pending.Revision);
        }
    }

    /// <summary>Forgets a commit that was taken back.</summary>
    public static void Remove(PartitionState state, PendingCommit pending)
    {
        if (pending.Request is { } key)
        {
            state.Requests.Remove(key);
        }

        if (pending.Sender.IsRemembered)
        {
            state.Clients.Find(pending.Sender.Client!)?.Remove(pending.Sender.Sequence);
        }
    }

    private static CommitVerdict Replay(PartitionState state, Commit commit, Stamp first, long now)
    {
        var records = new Record?[commit.Changes.Count];
        for (var i = 0; i < records.Length; i++)
        {
            var address = commit.Changes[i].Address;
            records[i] = state.Table.Newest(state.Table.Find(address, out _), now).ToRecord(address);
        }

        return new CommitVerdict(new CommitResult(first, CommitPlan.Told(commit, records), isReplay: true), records, Task.CompletedTask);
    }
}
