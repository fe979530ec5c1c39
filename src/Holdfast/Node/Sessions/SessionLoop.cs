using System.Security.Authentication;

namespace Holdfast.Node;

/// <summary>Takes the commands of one connection, in their order, until it ends.</summary>
internal sealed class SessionLoop(Session session, ClientWire wire)
{
    /// <summary>How long, at most, a connection that was answered for the last time is listened to, so that closing it does not discard the answer.</summary>
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(1);

    private readonly SessionInput input = new();
    private readonly Execution execution = new(session);

    /// <summary>Commands and bytes that the node was not told of yet.</summary>
    private int commands;
    private int bytes;

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
                if (!wire.IsInRound)
                {
                    session.Node.Engine.Write();
                }

                Count();
                session.Output.Flush();
                await session.Lanes.WhenRoomAsync().ConfigureAwait(false);
                await WhenLogHasRoomAsync().ConfigureAwait(false);
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
            session.Node.Engine.Write();
            session.End();
        }
    }

    private async ValueTask WhenLogHasRoomAsync()
    {
        if (session.Node.Engine.Room() is { } room)
        {
            // Whether it comes by a write or by a failure is told to the commits.
            await room.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
        while (!session.IsLeaving)
        {
            var limits = session.IsAuthenticated ? CommandLimits.Authenticated : CommandLimits.Unauthenticated;
            var outcome = input.Next(limits, out var command);
            if (outcome == ParseOutcome.Incomplete)
            {
                execution.Settle();
                return;
            }

            if (outcome == ParseOutcome.Failed)
            {
                Refuse($"ERR {input.Problem}");
                return;
            }

            if (command.Count > 0 && !Dispatch(command))
            {
                execution.Settle();
                session.Node.Engine.Write();
                await session.Lanes.WhenIdleAsync().ConfigureAwait(false);
                continue;
            }

            input.Skip();
        }
    }

    /// <summary>Runs the command or puts it into its lane; false if everything under way must end first.</summary>
    private bool Dispatch(in Command command)
    {
        if (isAlone && !session.Lanes.IsIdle)
        {
            return false;
        }

        isAlone = false;
        if (IsHttp(command))
        {
            Refuse("ERR Protocol error: this is HTTP, and the port speaks RESP");
            return true;
        }

        commands++;
        var spec = CommandTable.Find(command, out var error);
        if (spec is null || (error = RefusalOf(spec)) is not null)
        {
            AnswerError(error!);
            return true;
        }

        session.Node.Figures.CountCall(spec.Place);
        var lane = CommandLane.Of(spec, session.Node.Keys, command, out var first);
        execution.First = first;
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
        using var timeout = new CancellationTokenSource(FarewellTimeout, session.Node.Clock);
        await session.Output.Ended.Task.WaitAsync(timeout.Token).ConfigureAwait(false);
        await wire.EndSendingAsync().ConfigureAwait(false);
        using var cutting = timeout.Token.UnsafeRegister(static wire => ((ClientWire)wire!).Cut(), wire);
        while (await wire.ReceiveAsync(input.Farewell()).ConfigureAwait(false) > 0)
        {
        }
    }
}
