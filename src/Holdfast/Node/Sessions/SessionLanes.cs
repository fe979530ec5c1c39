namespace Holdfast.Node;

/// <summary>
/// Runs the commands of one connection that concern the state, each in its partition's lane: at once if the lane is
/// free, and else when its turn comes. Commits overlap, so that those which a client pipelines become durable together.
/// </summary>
internal sealed class SessionLanes(Session session)
{
    /// <summary>How often a read is repeated when what it read changed meanwhile, before its keys are told as changed behind the reply.</summary>
    private const int MaxRepetitions = 8;

    private readonly Session session = session;
    private readonly Dictionary<int, Lane> busy = [];
    private readonly Lock startGate = new();
    private TaskCompletionSource? progress;
    private CommitGroup? gathering;
    private bool isStopped;

    private Lock Gate => session.Output.Gate;

    private ReplyTimeline Timeline => session.Output.Timeline;

    public bool IsIdle
    {
        get
        {
            lock (Gate)
            {
                return busy.Count == 0;
            }
        }
    }

    /// <summary>Returns once no command is under way or waits.</summary>
    public Task WhenIdleAsync() => WhenAsync(static lanes => lanes.busy.Count == 0);

    /// <summary>Returns once there is room for more commands under way.</summary>
    public Task WhenRoomAsync() => WhenAsync(static lanes => lanes.HeldBytes <= lanes.session.Node.Options.MaxPendingBytesPerClient);

    /// <summary>Bytes of commands that are under way or wait.</summary>
    private long HeldBytes { get; set; }

    /// <summary>What is under way in the partition, if anything. Called under the gate.</summary>
    public Lane? Busy(int partition) => busy.GetValueOrDefault(partition);

    /// <summary>Runs a command that needs nothing but the state that is visible.</summary>
    public void RunNow(Execution execution, CommandSpec spec, in Command command) => RunRead(execution, spec, command, slot: null);

    /// <summary>Runs a command of the partition: at once, or when what the connection has under way there allows it.</summary>
    public void Run(Execution execution, CommandSpec spec, in Command command, int partition)
    {
        if (spec.Start is null && !IsBusy(partition))
        {
            RunRead(execution, spec, command, slot: null);
            return;
        }

        if (Enter(spec, command.Detach(), partition) is { } lane)
        {
            RunWaiting(lane);
        }
    }

    /// <summary>Once this returns no further commit starts, though the connection may have sent some: CLIENT KILL means it.</summary>
    public void Stop()
    {
        lock (startGate)
        {
            isStopped = true;
        }
    }

    private bool IsBusy(int partition)
    {
        lock (Gate)
        {
            return busy.ContainsKey(partition);
        }
    }

    /// <summary>Puts the command into its lane; answers the lane if this thread is to run it.</summary>
    private Lane? Enter(CommandSpec spec, Command command, int partition)
    {
        lock (Gate)
        {
            if (!busy.TryGetValue(partition, out var lane))
            {
                busy.Add(partition, lane = new Lane(partition));
            }

            lane.Waiting.Enqueue(new WaitingCommand(spec, command, Timeline.Reserve(lane)));
            HeldBytes += command.Bytes;
            var runs = !lane.IsRunning;
            lane.IsRunning = true;
            return runs ? lane : null;
        }
    }

    /// <summary>
    /// Evaluates the commit. Those that wait for the same write of the log end together, by the log's own thread: a thread woken for each of them,
    /// and a sending for each reply, would cost more than the commits.
    /// </summary>
    private void Begin(PendingCommit commit)
    {
        CommitGroup? begun = null;
        var started = ValueTask.CompletedTask;
        try
        {
            lock (startGate)
            {
                started = isStopped ? throw new StateUnavailableException("the connection was killed") : commit.Spec.Start!(commit);
                if (commit.Durable is { } durable)
                {
                    if (gathering?.Durable != durable)
                    {
                        gathering = begun = new CommitGroup(durable);
                    }

                    gathering.Commits.Add(commit);
                }
            }
        }
        catch (Exception exception)
        {
            End([commit], exception);
            session.Output.FlushSoon();
            return;
        }

        if (commit.Durable is null)
        {
            _ = EndAsync([commit], started);
        }
        else if (begun is not null && !session.Node.Engine.TryFollow(begun.Durable, () => EndByLog(begun)))
        {
            _ = EndAsync(begun);
        }
    }

    private void EndByLog(CommitGroup group)
    {
        Close(group);
        End(group.Commits, group.Durable.Exception?.InnerException);
        session.Output.Flush();
    }

    private async Task EndAsync(CommitGroup group)
    {
        await group.Durable.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Close(group);
        await EndAsync(group.Commits, new ValueTask(group.Durable)).ConfigureAwait(false);
    }

    private async Task EndAsync(List<PendingCommit> commits, ValueTask ended)
    {
        Exception? fault = null;
        try
        {
            await ended.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            fault = exception;
        }

        End(commits, fault);
        session.Output.FlushSoon();
    }

    private void Close(CommitGroup group)
    {
        lock (startGate)
        {
            gathering = gathering == group ? null : gathering;
        }
    }

    private void End(List<PendingCommit> commits, Exception? fault)
    {
        foreach (var commit in commits)
        {
            WriteReply(commit, fault);
        }

        List<Lane>? running = null;
        lock (Gate)
        {
            foreach (var commit in commits)
            {
                Timeline.Complete(commit.Slot, commit.Reply.Written);
                PushUntracked(commit.Read);
                commit.Lane.Commits--;
                HeldBytes -= commit.Command.Bytes;
                if (!commit.Lane.IsRunning && commit.Lane.Waiting.Count > 0)
                {
                    commit.Lane.IsRunning = true;
                    (running ??= []).Add(commit.Lane);
                }

                TellProgress(commit.Lane);
            }
        }

        foreach (var lane in running ?? [])
        {
            // Elsewhere: what waits may take long, and this may be the log's thread.
            ThreadPool.UnsafeQueueUserWorkItem(RunWaitingThenFlush, lane, preferLocal: false);
        }
    }

    private void RunWaitingThenFlush(Lane lane)
    {
        RunWaiting(lane);
        session.Output.Flush();
    }

    private void WriteReply(PendingCommit commit, Exception? fault)
    {
        try
        {
            if (fault is null)
            {
                commit.Answer?.Invoke();
                return;
            }
        }
        catch (Exception exception)
        {
            fault = exception;
        }

        if (fault is CommitUnknownException)
        {
            // No error says this: each of them promises that nothing was changed. Who lost the connection knows to ask again.
            session.Output.Cut();
            return;
        }

        commit.Reply.Clear();
        FaultReply.Write(commit.Reply, fault, session);
    }

    /// <summary>Runs what waits in the lane until one has to wait for commits under way. The caller has marked the lane as running.</summary>
    private void RunWaiting(Lane lane)
    {
        Execution? execution = null;
        while (TakeWaiting(lane) is { } next)
        {
            if (next.Spec.Start is not null)
            {
                Begin(new PendingCommit(session, lane, next));
                continue;
            }

            RunRead(execution ??= new Execution(session), next.Spec, next.Command, next.Slot);
            lock (Gate)
            {
                HeldBytes -= next.Command.Bytes;
            }
        }
    }

    private WaitingCommand? TakeWaiting(Lane lane)
    {
        lock (Gate)
        {
            if (lane.Waiting.TryPeek(out var next) && (next.Spec.Start is not null || lane.Commits == 0))
            {
                lane.Commits += next.Spec.Start is null ? 0 : 1;
                return lane.Waiting.Dequeue();
            }

            lane.IsRunning = false;
            TellProgress(lane);
            return null;
        }
    }

    /// <summary>
    /// Reads, and puts the reply into its place. A change between the two would be told before the reply that lacks
    /// it: then the read is repeated.
    /// </summary>
    private void RunRead(Execution execution, CommandSpec spec, in Command command, ReplySlot? slot)
    {
        for (var repetition = 0; ; repetition++)
        {
            execution.Begin();
            try
            {
                spec.Run(execution, command);
            }
            catch (Exception exception)
            {
                execution.Reply.Clear();
                FaultReply.Write(execution.Reply, exception, session);
            }

            lock (Gate)
            {
                if (repetition < MaxRepetitions && !session.Tracked.Covers(execution.Read))
                {
                    continue;
                }

                if (slot is null)
                {
                    Timeline.Append(execution.Reply.Written);
                }
                else
                {
                    Timeline.Complete(slot, execution.Reply.Written);
                }

                PushUntracked(execution.Read);
                return;
            }
        }
    }

    private void PushUntracked(List<TrackedKey> read)
    {
        if (session.Tracked.Covers(read))
        {
            return;
        }

        foreach (var key in read)
        {
            session.PushLast(key);
        }
    }

    private void TellProgress(Lane lane)
    {
        if (lane.IsIdle)
        {
            busy.Remove(lane.Partition);
        }

        progress?.TrySetResult();
        progress = null;
    }

    private async Task WhenAsync(Func<SessionLanes, bool> isSo)
    {
        while (true)
        {
            Task next;
            lock (Gate)
            {
                if (isSo(this))
                {
                    return;
                }

                progress ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                next = progress.Task;
            }

            await next.ConfigureAwait(false);
        }
    }
}
