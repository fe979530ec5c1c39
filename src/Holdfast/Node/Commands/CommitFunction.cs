using Holdfast.Embedded;

namespace Holdfast.Node;

/// <summary><c>hf1_commit</c> and <c>hf1_remove</c> (docs/wire.md, Functions).</summary>
internal static class CommitFunction
{
    /// <summary>Evaluates the commit; its reply goes out once the verdict is durable.</summary>
    public static ValueTask Start(PendingCommit pending, bool isRemoval)
    {
        var node = pending.Session.Node;
        var call = new CommitArguments(node.Keys, pending.Command).Read(isRemoval, node.Engine.RunId);
        TrackRecords(pending, call);
        var commit = call.Commit;
        var verdict = node.Engine.Begin(commit, new CommitSender(call.Client, call.Sequence, pending.Origin) { Writes = true });
        Answer(pending, commit, verdict);
        return pending.AnswerOnce(verdict.Durable);
    }

    private static void Answer(PendingCommit pending, Commit commit, in CommitVerdict verdict)
    {
        Write(pending.Reply, commit, verdict, pending.Session.Node.Clock);
        var isMade = verdict.Result is { IsCommitted: true, IsReplay: false };
        for (var i = 0; pending.Session.Tracked.IsOn && i < commit.Changes.Count; i++)
        {
            if (!isMade || commit.Changes[i].Kind != ChangeKind.Update)
            {
                pending.HasRead(new TrackedKey(pending.Lane.Partition, commit.Changes[i].Address));
            }
        }
    }

    /// <summary>
    /// What the reply tells is tracked from before it is evaluated. A record that the commit updates is tracked once
    /// more when the update becomes visible; of the others a change since makes the reply old, and is told behind it.
    /// </summary>
    private static void TrackRecords(PendingCommit pending, in NodeCommit call)
    {
        if (pending.Session.Tracked.IsOn)
        {
            foreach (var change in call.Commit.Changes)
            {
                pending.Session.Tracked.Track(new TrackedKey(call.Partition, change.Address));
            }
        }
    }

    private static void Write(ReplyBuffer reply, Commit commit, in CommitVerdict verdict, TimeProvider clock)
    {
        var result = verdict.Result;
        switch (result.Outcome)
        {
            case CommitOutcome.Refused:
                var refusal = result.Refusal!;
                Begin(reply, 6, "refused"u8, result.At);
                reply.Integer(refusal.Change);
                reply.Integer(ConditionIndex(commit, refusal));
                RecordReply.Write(reply, refusal.Current, clock);
                break;
            case CommitOutcome.DifferentCommit:
                Begin(reply, 3, "different"u8, result.At);
                break;
            default:
                Begin(reply, 4, verdict.IsRepeat ? "repeat"u8 : result.IsReplay ? "replay"u8 : "ok"u8, result.At);
                reply.Array(commit.Changes.Count);
                for (var i = 0; i < commit.Changes.Count; i++)
                {
                    Write(reply, commit.Changes[i], verdict.After[i], (verdict.AsHeld & (1UL << i)) != 0, clock);
                }

                break;
        }
    }

    private static void Write(ReplyBuffer reply, RecordChange change, Record? after, bool isAsHeld, TimeProvider clock)
    {
        if (after is not null && isAsHeld)
        {
            RecordReply.WriteAsHeld(reply, after, clock);
        }
        else
        {
            RecordReply.Write(reply, after, clock, withFields: change.Kind != ChangeKind.Keep);
        }
    }

    private static void Begin(ReplyBuffer reply, int count, ReadOnlySpan<byte> outcome, Stamp at)
    {
        reply.Array(count);
        reply.Bulk(outcome);
        reply.Integer(at.Term);
        reply.Integer(at.Revision);
    }

    private static int ConditionIndex(Commit commit, Refusal refusal)
    {
        var conditions = commit.Changes[refusal.Change].Conditions;
        for (var i = 0; i < conditions.Count; i++)
        {
            if (conditions[i] == refusal.Condition)
            {
                return i;
            }
        }

        throw new InvalidOperationException("A refusal names a condition of its change.");
    }
}
