namespace Holdfast.Node;

/// <summary>
/// The commits of one connection, from their decision to their answer. Those that wait for the same write of the log are answered together,
/// by the log's own thread: a thread woken for each of them, and a sending for each reply, would cost more than the commits.
/// </summary>
internal sealed class SessionCommits(Session session, SessionLanes lanes)
{
    /// <summary>For how many commits a list is kept that was needed once.</summary>
    private const int MaxSpare = 128;

    private readonly Lock startGate = new();
    private readonly ReplyBuffer scratch = new();
    private CommitGroup? gathering;

    /// <summary>The list of a group that was answered.</summary>
    private List<CommitUnderWay>? spare;
    private bool isStopped;

    private Lock Gate => session.Output.Gate;

    private ReplyTimeline Timeline => session.Output.Timeline;

    /// <summary>Once this returns no further commit starts, though the connection may have sent some: CLIENT KILL means it.</summary>
    public void Stop()
    {
        lock (startGate)
        {
            isStopped = true;
        }
    }

    /// <summary>
    /// Has the commit decided. What it took from the connection's input is not needed any more when this returns; the commit itself is if this is
    /// false, or if the engine may hand it back.
    /// </summary>
    public bool Begin(PendingCommit commit)
    {
        CommitGroup? begun = null;
        lock (startGate)
        {
            var started = Start(commit);
            if (commit.Durable is not { IsCompletedSuccessfully: false } durable)
            {
                if (started.IsCompleted)
                {
                    End(commit, started);
                    return true;
                }

                _ = EndAsync(commit, started);
                return false;
            }

            if (gathering?.Durable != durable)
            {
                gathering = begun = new CommitGroup(durable, spare ?? []);
                spare = null;
            }

            Join(gathering, commit);
        }

        if (begun is not null && !session.Node.Engine.TryFollow(begun.Durable, () => EndByLog(begun)))
        {
            _ = EndAsync(begun);
        }

        return true;
    }

    private ValueTask Start(PendingCommit commit)
    {
        if (commit.Spec.IsOneCommit)
        {
            scratch.Clear();
            scratch.Protocol = session.Protocol;
            commit.Reply = scratch;
        }

        try
        {
            return isStopped ? throw new StateUnavailableException("the connection was killed") : commit.Spec.Start!(commit);
        }
        catch (Exception exception)
        {
            return ValueTask.FromException(exception);
        }
    }

    private void Join(CommitGroup group, PendingCommit commit)
    {
        lock (Gate)
        {
            group.Commits.Add(commit.PutReply(commit.Slot ?? (group.Place = Timeline.Share(group.Place))));
        }
    }

    private void EndByLog(CommitGroup group)
    {
        End(group, group.Durable.Exception?.InnerException);
        session.Output.Flush();
    }

    private async Task EndAsync(CommitGroup group)
    {
        await group.Durable.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        End(group, group.Durable.Exception?.InnerException);
        session.Output.FlushSoon();
    }

    private async Task EndAsync(PendingCommit commit, ValueTask started)
    {
        var ended = started.AsTask();
        await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        End(commit, new ValueTask(ended));
        session.Output.FlushSoon();
    }

    private void End(PendingCommit commit, ValueTask ended)
    {
        try
        {
            ended.GetAwaiter().GetResult();
        }
        catch (Exception exception)
        {
            commit.Reply.Clear();
            WriteFault(commit.Reply, exception);
        }

        lock (Gate)
        {
            if (commit.Slot is { } slot)
            {
                Timeline.Hold(slot, commit.Reply.Written);
                Timeline.Release(slot);
            }
            else
            {
                Timeline.Append(commit.Reply.Written);
            }

            lanes.Leave(commit.UnderWay());
        }
    }

    private void End(CommitGroup group, Exception? fault)
    {
        lock (startGate)
        {
            gathering = gathering == group ? null : gathering;
        }

        lock (Gate)
        {
            foreach (var commit in group.Commits)
            {
                if (commit.Slot is { IsReady: false } place)
                {
                    if (fault is not null)
                    {
                        Timeline.Rewrite(place, Corrected(group, place, fault));
                    }

                    Timeline.Release(place);
                }

                lanes.Leave(commit);
            }
        }

        if (group.Commits.Capacity <= MaxSpare)
        {
            group.Commits.Clear();
            lock (startGate)
            {
                spare = group.Commits;
            }
        }
    }

    /// <summary>The replies of the place, with the fault instead of those of the group's commits.</summary>
    private ReplyBuffer Corrected(CommitGroup group, ReplySlot place, Exception fault)
    {
        var replies = new ReplyBuffer { Protocol = session.Protocol };
        var at = 0;
        foreach (var commit in group.Commits)
        {
            if (commit.Slot == place)
            {
                replies.Raw(place.Bytes!.Written[at..commit.ReplyStart]);
                WriteFault(replies, fault);
                at = commit.ReplyStart + commit.ReplyLength;
            }
        }

        replies.Raw(place.Bytes!.Written[at..]);
        return replies;
    }

    private void WriteFault(ReplyBuffer reply, Exception fault)
    {
        if (fault is CommitUnknownException)
        {
            // No error says this: each of them promises that nothing was changed. Who lost the connection knows to ask again.
            session.Output.Cut();
            return;
        }

        FaultReply.Write(reply, fault, session);
    }
}
