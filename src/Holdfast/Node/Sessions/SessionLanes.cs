namespace Holdfast.Node;

/// <summary>
/// Runs the commands of one connection that concern the state, each in its partition's lane: at once if the lane is
/// free, and else when its turn comes. Commits overlap, so that those which a client pipelines become durable together.
/// </summary>
internal sealed class SessionLanes
{
    /// <summary>How often a read is repeated when what it read changed meanwhile, before its keys are told as changed behind the reply.</summary>
    private const int MaxRepetitions = 8;

    /// <summary>More than a reply of one key comes to.</summary>
    private const int MaxReplyBytesOfKey = 2 << 20;

    /// <summary>Small lanes without anything under way that are kept for the next commits.</summary>
    private const int MaxFree = 64;

    private readonly Session session;
    private readonly SessionCommits commits;
    private readonly Dictionary<int, Lane> busy = [];
    private readonly Stack<Lane> free = [];
    private readonly SetsUnderWay sets;
    private TaskCompletionSource? progress;

    /// <summary>Of the connection's own thread: a commit that was decided, for the next one.</summary>
    private PendingCommit? spare;

    private volatile bool isBusy;

    public SessionLanes(Session session)
    {
        this.session = session;
        commits = new SessionCommits(session, this);
        sets = new SetsUnderWay(session.Node.Engine.Partitions.Count);
    }

    private Lock Gate => session.Output.Gate;

    private ReplyTimeline Timeline => session.Output.Timeline;

    public bool IsIdle
    {
        get
        {
            lock (Gate)
            {
                return HasNothing;
            }
        }
    }

    /// <summary>Returns once no command is under way or waits, or the connection is cut.</summary>
    public Task WhenIdleAsync() => WhenAsync(static lanes => lanes.HasNothing);

    /// <summary>Returns once there is room for more commands under way, or the connection is cut.</summary>
    public Task WhenRoomAsync() => WhenAsync(static lanes => lanes.HeldBytes <= lanes.session.Node.Options.MaxPendingBytesPerClient);

    private bool HasNothing => busy.Count == 0 && sets.Count == 0;

    /// <summary>Bytes of commands that are under way or wait.</summary>
    private long HeldBytes { get; set; }

    /// <summary>What is under way in the partition, if anything. Called under the gate.</summary>
    public Lane? Busy(int partition) => busy.GetValueOrDefault(partition);

    /// <summary>Runs a command that needs nothing but the state that is visible.</summary>
    public void RunNow(Execution execution, CommandSpec spec, in Command command) => RunRead(execution, spec, command, slot: null);

    /// <summary>
    /// Runs a command that reads, if nothing is under way that it would have to wait for or be told of; its reply is gathered with those
    /// before it (<see cref="Execution.Settle"/>). False if it is to be run otherwise. Only the connection's own thread begins something.
    /// </summary>
    public bool TryGather(Execution execution, CommandSpec spec, in Command command)
    {
        if (isBusy || spec.Start is not null || session.Tracked.IsOn)
        {
            return false;
        }

        var start = execution.Gather();
        try
        {
            spec.Run(execution, command);
        }
        catch (Exception exception)
        {
            execution.Reply.Truncate(start);
            FaultReply.Write(execution.Reply, exception, session);
        }

        return true;
    }

    /// <summary>Runs a command of the partition: at once, or when what the connection has under way there allows it.</summary>
    public void Run(Execution execution, CommandSpec spec, in Command command, int partition)
    {
        if (spec.Start is null && !IsBusy(partition))
        {
            RunRead(execution, spec, command, slot: null);
        }
        else if (Enter(spec, command, partition, out var slot, out var waits) is { } lane)
        {
            if (waits)
            {
                _ = RunWaitingAsync(lane, isElsewhere: false);
            }
            else
            {
                Begin(lane, spec, spec.IsOneCommit ? command : command.Detach(), execution.First, slot);
            }
        }
    }

    /// <summary>
    /// Has SETs decided that follow each other and wait for nothing, in their order; tells how many of the first. The one behind those is run like any other
    /// command, which tells what is in its way. Only the connection's own thread begins something.
    /// </summary>
    public int RunSets(ReadOnlySpan<UpcomingCommand> commands) => session.Tracked.IsOn ? 0 : commits.Begin(commands);

    /// <summary>Enters the lanes of the SETs, as far as nothing waits there; tells how many of the first.</summary>
    public int Enter(ReadOnlySpan<UpcomingCommand> commands)
    {
        lock (Gate)
        {
            for (var i = 0; i < commands.Length; i++)
            {
                var partition = commands[i].Lane;
                if (busy.Count == 0 || !busy.TryGetValue(partition, out var lane))
                {
                    sets.Add(partition);
                }
                else if (lane.IsRunning || lane.Waiting.Count > 0)
                {
                    return i;
                }
                else
                {
                    lane.Commits++;
                }

                HeldBytes += commands[i].Command.Bytes;
                isBusy = true;
            }

            return commands.Length;
        }
    }

    /// <summary>The SETs have entered and are not begun.</summary>
    public void TakeBack(ReadOnlySpan<UpcomingCommand> commands)
    {
        lock (Gate)
        {
            foreach (var command in commands)
            {
                HeldBytes -= command.Command.Bytes;
                LeaveSet(command.Lane);
            }

            TellProgress();
        }
    }

    /// <summary>The SETs of these partitions were answered. Called under the gate.</summary>
    public void LeaveSets(List<int> partitions)
    {
        foreach (var partition in partitions)
        {
            LeaveSet(partition);
        }

        TellProgress();
    }

    /// <summary>Once this returns no further commit starts.</summary>
    public void Stop() => commits.Stop();

    /// <summary>The commit was answered. Called under the gate.</summary>
    public void Leave(in CommitUnderWay commit)
    {
        PushUntracked(commit.Read);
        HeldBytes -= commit.Bytes;
        if (commit.Lane is { } lane)
        {
            Leave(lane);
        }
    }

    private void LeaveSet(int partition)
    {
        if (busy.Count > 0 && busy.TryGetValue(partition, out var lane))
        {
            Leave(lane);
            return;
        }

        sets.Remove(partition);
        if (HasNothing)
        {
            isBusy = false;
        }
    }

    private void Leave(Lane lane)
    {
        lane.Commits--;
        if (!lane.IsRunning && lane.Waiting.Count > 0)
        {
            // Elsewhere: what waits may take long, and this may be the log's thread.
            lane.IsRunning = true;
            ThreadPool.UnsafeQueueUserWorkItem(waiting => _ = RunWaitingAsync(waiting, isElsewhere: true), lane, preferLocal: false);
        }

        TellProgress(lane);
    }

    private void Begin(Lane lane, CommandSpec spec, in Command command, CommandKey first, ReplySlot? slot)
    {
        var commit = spare ?? new PendingCommit(session);
        spare = null;
        commit.Begin(lane, spec, command, first, slot);
        var comesBack = commit.Origin is not null;
        if (commits.Begin(commit) && !comesBack)
        {
            // It may lie around for long, and the command in a large buffer.
            commit.Forget();
            spare = commit;
        }
    }

    private bool IsBusy(int partition)
    {
        lock (Gate)
        {
            return busy.ContainsKey(partition) || sets.Has(partition);
        }
    }

    /// <summary>
    /// Enters the command's lane; answers the lane if this thread is to run something. A commit that nothing keeps from being decided is
    /// run as it stands in the input. Otherwise a copy of the command waits.
    /// </summary>
    private Lane? Enter(CommandSpec spec, in Command command, int partition, out ReplySlot? slot, out bool waits)
    {
        lock (Gate)
        {
            var lane = LaneOf(partition);
            waits = spec.Start is null || lane.IsRunning || lane.Waiting.Count > 0;

            // An invalidation needs to know before which reply it belongs, and a reply that comes later where it belongs.
            slot = waits || session.Tracked.IsOn || !spec.IsOneCommit ? Timeline.Reserve(lane) : null;
            HeldBytes += command.Bytes;
            if (!waits)
            {
                lane.Commits++;
                return lane;
            }

            lane.Waiting.Enqueue(new WaitingCommand(spec, command.Detach(), slot!));
            var runs = !lane.IsRunning;
            lane.IsRunning = true;
            return runs ? lane : null;
        }
    }

    private Lane LaneOf(int partition)
    {
        if (!busy.TryGetValue(partition, out var lane))
        {
            lane = free.TryPop(out var kept) ? kept : new Lane();
            lane.Partition = partition;
            lane.Commits = sets.Take(partition);
            busy.Add(partition, lane);
            isBusy = true;
        }

        return lane;
    }

    /// <summary>
    /// Runs what waits in the lane until one has to wait for commits under way, or the connection is cut. The caller has marked the lane as
    /// running. While too much is held for the client it waits, and goes on elsewhere than on the connection's own thread, which sends
    /// what it has run there.
    /// </summary>
    private async Task RunWaitingAsync(Lane lane, bool isElsewhere)
    {
        try
        {
            Execution? execution = null;
            while (true)
            {
                if (TakeWaiting(lane, out var room) is { } next)
                {
                    RunWaiting(lane, next, ref execution);
                    continue;
                }

                if (room is null)
                {
                    break;
                }

                isElsewhere = true;
                Send();
                await room.ConfigureAwait(false);
            }

            if (isElsewhere)
            {
                Send();
            }
        }
        catch (Exception fault)
        {
            session.Fail(fault);
        }

        void Send()
        {
            session.Node.Engine.Write();
            session.Output.Flush();
        }
    }

    private void RunWaiting(Lane lane, in WaitingCommand next, ref Execution? execution)
    {
        if (next.Spec.Start is not null)
        {
            var commit = new PendingCommit(session);
            commit.Begin(lane, next.Spec, next.Command, FirstOf(next), next.Slot);
            commits.Begin(commit);
            lock (Gate)
            {
                session.Output.GiveBack(RoomOf(next));
            }

            return;
        }

        execution ??= new Execution(session);
        execution.First = FirstOf(next);
        RunRead(execution, next.Spec, next.Command, next.Slot);
        execution.Count();
        lock (Gate)
        {
            HeldBytes -= next.Command.Bytes;
            session.Output.GiveBack(RoomOf(next));
        }

        if (session.Output.IsLong)
        {
            session.Output.Flush();
        }
    }

    private long RoomOf(in WaitingCommand waiting) =>
        waiting.Spec.Keys == KeyPositions.One ? MaxReplyBytesOfKey : session.Node.Options.MaxQueuedBytesPerClient;

    private CommandKey FirstOf(in WaitingCommand waiting)
    {
        var key = new CommandKey(session.Node);
        if (waiting.Spec.Keys == KeyPositions.One)
        {
            key.Read(waiting.Command[1]);
        }

        return key;
    }

    /// <summary>The next command to run. If there is none although one waits for nothing else, there is too much held for the client.</summary>
    private WaitingCommand? TakeWaiting(Lane lane, out Task? room)
    {
        lock (Gate)
        {
            room = null;
            if (session.Output.IsCut)
            {
                Drop(lane);
            }

            if (lane.Waiting.TryPeek(out var next) && (next.Spec.Start is not null || lane.Commits == 0))
            {
                room = session.Output.WaitForRoom(next.Slot, RoomOf(next));
                if (room is not null)
                {
                    return null;
                }

                lane.Commits += next.Spec.Start is null ? 0 : 1;
                return lane.Waiting.Dequeue();
            }

            lane.IsRunning = false;
            TellProgress(lane);
            return null;
        }
    }

    private void Drop(Lane lane)
    {
        while (lane.Waiting.TryDequeue(out var dropped))
        {
            HeldBytes -= dropped.Command.Bytes;
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
                    Timeline.Hold(slot, execution.Reply.Written);
                    Timeline.Release(slot);
                }

                PushUntracked(execution.Read);
                return;
            }
        }
    }

    private void PushUntracked(List<TrackedKey>? read)
    {
        if (read is null || session.Tracked.Covers(read))
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
            isBusy = !HasNothing;
            lane.DropSettled();
            if (free.Count < MaxFree && lane.IsSmall)
            {
                free.Push(lane);
            }
        }

        TellProgress();
    }

    private void TellProgress()
    {
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
                if (isSo(this) || session.Output.IsCut)
                {
                    return;
                }

                progress ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                next = progress.Task;
            }

            await Task.WhenAny(next, session.Output.Ended.Task).ConfigureAwait(false);
        }
    }
}
