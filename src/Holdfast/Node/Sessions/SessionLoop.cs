using System.Security.Authentication;

namespace Holdfast.Node;

/// <summary>Takes the commands of one connection, in their order, until it ends.</summary>
internal sealed class SessionLoop(Session session, ClientWire wire)
{
    /// <summary>How long, at most, a connection that was answered for the last time is listened to, so that closing it does not discard the answer.</summary>
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(1);

    private readonly SessionInput input = new();
    private readonly Execution execution = new(session);
    private readonly Lookahead lookahead = new(session.Node);

    /// <summary>Commands and bytes that the node was not told of yet.</summary>
    private int commands;
    private int bytes;

    /// <summary>What further commits wait for if the log, or the memory, had no room for more when the last commands were done.</summary>
    private Task? logRoom;

    /// <summary>Whether it is that for which the command waits that could not be dispatched.</summary>
    private bool waitsForLog;

    /// <summary>Whether a commit of several partitions may be under way, which has no lane that others would wait in.</summary>
    private bool isAlone;

    public async Task RunAsync()
    {
        try
        {
            await wire.OpenAsync().ConfigureAwait(false);
            while (!session.IsLeaving && !session.Output.IsCut && Hear(await wire.ReceiveAsync(input.Room()).ConfigureAwait(false)))
            {
                await ObeyAsync().ConfigureAwait(false);
                Count();
                if (!wire.IsInRound)
                {
                    session.Node.Engine.Write();
                }

                session.Output.Flush();
                await session.Lanes.WhenRoomAsync().ConfigureAwait(false);
                logRoom = session.Node.Engine.Room();
            }

            await SayFarewellAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (ClientWire.IsBroken(exception) || exception is AuthenticationException or OperationCanceledException)
        {
            // The client is gone, or was cut: its commands are done or ignored, and there is nobody to tell.
        }
        finally
        {
            // What the connection has begun is done, whether anybody hears of it or not.
            execution.Count();
            session.Node.Engine.Write();
            session.End();
        }
    }

    /// <summary>Notes what has come; false at the end.</summary>
    private bool Hear(int count)
    {
        session.Hear();
        input.Received(count);
        bytes = count;
        return count > 0;
    }

    private void Count()
    {
        session.Node.Figures.CountBatch(commands, bytes);
        execution.Count();
        commands = 0;
    }

    private async ValueTask ObeyAsync()
    {
        while (!session.IsLeaving && !session.Output.IsCut)
        {
            var limits = session.IsAuthenticated ? CommandLimits.Authenticated : CommandLimits.Unauthenticated;
            var outcome = input.Next(limits, out var isRead);
            if (outcome == ParseOutcome.Incomplete)
            {
                lookahead.Forget();
                execution.Settle();
                return;
            }

            if (outcome == ParseOutcome.Failed)
            {
                Refuse($"ERR {input.Problem}");
                return;
            }

            if (isRead)
            {
                lookahead.Read(input);
            }

            if (session.Output.IsLong)
            {
                await MakeRoomAsync().ConfigureAwait(false);
            }

            if (RunSets() is > 0 and var taken)
            {
                input.Skip(taken);
                continue;
            }

            if (!Dispatch(lookahead[input.Turn]))
            {
                await WhenMayGoOnAsync().ConfigureAwait(false);
                continue;
            }

            input.Skip();
        }
    }

    /// <summary>Sends what is ready, and waits while too much is held for the client.</summary>
    private async ValueTask MakeRoomAsync()
    {
        execution.Settle();
        if (wire.IsInRound)
        {
            // More large replies may follow: others of the round need not wait until these are copied.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        session.Output.Flush();
        while (session.Output.WaitForRoom() is { } room)
        {
            session.Node.Engine.Write();
            await room.ConfigureAwait(false);
        }
    }

    /// <summary>Waits for what the command waits for that could not be dispatched.</summary>
    private async ValueTask WhenMayGoOnAsync()
    {
        execution.Settle();
        session.Node.Engine.Write();
        if (!waitsForLog)
        {
            await session.Lanes.WhenIdleAsync().ConfigureAwait(false);
            return;
        }

        // What was answered so far goes out meanwhile. Whether room comes by a write or by a failure is told to the commits.
        session.Output.Flush();
        await Task.WhenAny(logRoom!, session.Stopped, session.Output.Ended.Task).ConfigureAwait(false);
        session.IsLeaving |= !logRoom!.IsCompleted;
        waitsForLog = false;
    }

    /// <summary>Runs the SETs that follow each other from here on, if the next command is one; tells how many.</summary>
    private int RunSets()
    {
        var sets = lookahead.SetsFrom(input.Turn);
        if (sets.IsEmpty || isAlone || RefusalOf(sets[0].Spec!) is not null || logRoom is { IsCompleted: false })
        {
            return 0;
        }

        execution.Settle();
        var made = session.Lanes.RunSets(sets);
        if (made == 0)
        {
            lookahead.MakeNoRuns();
        }

        commands += made;
        execution.CountCall(sets[0].Spec!, made);
        return made;
    }

    /// <summary>Runs the command or puts it into its lane; false if everything under way must end first, or the log needs room.</summary>
    private bool Dispatch(UpcomingCommand next)
    {
        var command = next.Command;
        if (command.Count == 0)
        {
            return true;
        }

        if (isAlone && !session.Lanes.IsIdle)
        {
            return false;
        }

        isAlone = false;
        if (next.Spec is null && IsHttp(command))
        {
            Refuse("ERR Protocol error: this is HTTP, and the port speaks RESP");
            return true;
        }

        if ((next.Spec is { } known ? RefusalOf(known) : next.Error) is { } error)
        {
            commands++;
            AnswerError(error);
            return true;
        }

        var spec = next.Spec!;

        if (spec.Start is not null && logRoom is { IsCompleted: false })
        {
            waitsForLog = true;
            return false;
        }

        commands++;
        execution.CountCall(spec);
        var lane = next.Lane;
        execution.First = next.Key;
        if (lane == CommandLane.None && spec.Start is not null)
        {
            AnswerError($"HFARG {(spec.IsWrite ? PlainKey.OwnKeysRefusal : "the first key is not the head of a partition of this store")}");
            return true;
        }

        if (spec.Order == CommandOrder.AfterAll || lane == CommandLane.Several)
        {
            return RunWhenIdle(spec, command);
        }

        if (lane < 0)
        {
            session.Lanes.RunNow(execution, spec, command);
        }
        else if (!session.Lanes.TryGather(execution, spec, command))
        {
            execution.Settle();
            session.Lanes.Run(execution, spec, command, lane);
        }

        return true;
    }

    private bool RunWhenIdle(CommandSpec spec, in Command command)
    {
        execution.Settle();
        if (!session.Lanes.IsIdle)
        {
            return false;
        }

        if (spec.Start is null)
        {
            execution.Count();

            // It may take long, as SCAN does, and others of the round wait for what they have committed.
            session.Node.Engine.Write();
            session.Lanes.RunNow(execution, spec, command);
        }
        else
        {
            isAlone = true;
            session.Lanes.Run(execution, spec, command, CommandLane.Several);
        }

        return true;
    }

    private string? RefusalOf(CommandSpec spec) =>
        !session.IsAuthenticated && !spec.NeedsNoPassword ? "NOAUTH Authentication required."
        : session.IsSubscriber && !spec.IsForSubscribers
            ? $"ERR Can't execute '{spec.Name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
            : null;

    /// <summary>A browser that was sent here by a hostile page can't choose its first words.</summary>
    private static bool IsHttp(in Command command) =>
        command.Is(0, "POST"u8) || command.Is(0, "HOST:"u8);

    private void AnswerError(string error)
    {
        execution.Begin();
        execution.Reply.Error(error);
        session.Output.Append(execution.Reply.Written);
    }

    private void Refuse(string error)
    {
        AnswerError(error);
        session.IsLeaving = true;
    }

    /// <summary>Sends what is under way, be it that the client asked to leave, or that it has nothing more to say.</summary>
    private async Task SayFarewellAsync()
    {
        await session.Lanes.WhenIdleAsync().ConfigureAwait(false);
        session.Output.Finish();

        // As long as the client takes some of it: the sweep cuts one that does not.
        await session.Output.Ended.Task.ConfigureAwait(false);
        using var timeout = new CancellationTokenSource(FarewellTimeout, session.Node.Clock);
        using var cutting = timeout.Token.UnsafeRegister(static wire => ((ClientWire)wire!).Cut(), wire);
        await wire.EndSendingAsync().ConfigureAwait(false);
        while (await wire.ReceiveAsync(input.Farewell()).ConfigureAwait(false) > 0)
        {
        }
    }
}
