using Holdfast.Embedded;

namespace Holdfast.Node;

/// <summary>
/// The commits of one connection, from their decision to their answer. Those that wait for the same write of the log are answered together,
/// by the log's own thread: a thread woken for each of them, and a sending for each reply, would cost more than the commits.
/// </summary>
internal sealed class SessionCommits(Session session, SessionLanes lanes)
{
    private static readonly byte[] Ok = "+OK\r\n"u8.ToArray();
    private static readonly byte[] Oks = [.. Enumerable.Repeat(Ok, SessionInput.MaxAhead).SelectMany(static ok => ok)];

    private readonly Lock startGate = new();
    private readonly ReplyBuffer scratch = new();
    private CommitGroup? gathering;

    /// <summary>A group that was answered.</summary>
    private CommitGroup? spare;
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

            begun = Gather(durable);
            Join(gathering!, commit);
        }

        if (begun is not null && !session.Node.Engine.TryFollow(begun.Durable, () => EndByLog(begun)))
        {
            _ = EndAsync(begun);
        }

        return true;
    }

    /// <summary>
    /// Has SETs decided that follow each other: under one hold of the gates, at one moment, with one reply for all. Tells how many of the first; the one behind those
    /// can't be made so, and nothing of it was done.
    /// </summary>
    public int Begin(ReadOnlySpan<UpcomingCommand> sets)
    {
        List<CommitGroup>? ended = null;
        int made;
        lock (startGate)
        {
            var entered = isStopped ? 0 : lanes.Enter(sets);
            made = Make(sets[..entered], ref ended);
            if (made < entered)
            {
                lanes.TakeBack(sets[made..entered]);
            }
        }

        foreach (var group in ended ?? [])
        {
            _ = EndAsync(group);
        }

        return made;
    }

    private int Make(ReadOnlySpan<UpcomingCommand> sets, ref List<CommitGroup>? ended)
    {
        var (engine, durability) = (session.Node.Engine, session.Node.Options.Durability);
        var now = engine.Now();
        var (made, joined) = (0, 0);
        Task? durable = null;
        while (made < sets.Length && TryMake(sets[made], engine, durability, now) is { } next)
        {
            if (next != durable && durable is not null)
            {
                // The log has taken those before it meanwhile.
                Join(sets[joined..made], durable, ref ended);
                joined = made;
            }

            durable = next;
            made++;
        }

        if (durable is not null)
        {
            Join(sets[joined..made], durable, ref ended);
        }

        return made;
    }

    /// <summary>Tells when it is durable; null if it can't be made, or not so: run like any other command, it tells why.</summary>
    private static Task? TryMake(UpcomingCommand set, EmbeddedEngine engine, Durability durability, StoreMoment now)
    {
        try
        {
            var field = new FieldReplacement(PlainRecord.ValueFieldName, set.Command[2], Expiry.Never);
            return engine.TryReplace(set.Key.Address, set.Key.Hash, set.Lane, field, durability, default(CommitSender) with { Writes = true }, now);
        }
        catch (StateException)
        {
            return null;
        }
    }

    private void Join(ReadOnlySpan<UpcomingCommand> sets, Task durable, ref List<CommitGroup>? ended)
    {
        var begun = Gather(durable);
        var group = gathering!;
        lock (Gate)
        {
            var place = group.Place = Timeline.Share(group.Place);
            var (start, bytes) = (place.Length, 0);
            Timeline.Hold(place, Oks.AsSpan(0, sets.Length * Ok.Length));
            foreach (var set in sets)
            {
                bytes += set.Command.Bytes;
                group.Sets.Add(set.Lane);
            }

            group.Commits.Add(new CommitUnderWay(null, bytes, null, place, start, sets.Length * Ok.Length) { Replies = sets.Length });
        }

        if (begun is not null && !session.Node.Engine.TryFollow(durable, () => EndByLog(begun)))
        {
            (ended ??= []).Add(begun);
        }
    }

    /// <summary>Sees to it that those gather who wait for this; answers the group if it begins.</summary>
    private CommitGroup? Gather(Task durable)
    {
        if (gathering?.Durable == durable)
        {
            return null;
        }

        (gathering, spare) = (new CommitGroup(durable, spare), null);
        return gathering;
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

            lanes.LeaveSets(group.Sets);
        }

        if (group.IsSmall)
        {
            lock (startGate)
            {
                group.Forget();
                spare = group;
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
                for (var reply = 0; reply < commit.Replies; reply++)
                {
                    WriteFault(replies, fault);
                }

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
