using Holdfast.AspNetCore.Logins;
using Holdfast.AspNetCore.Requests;

namespace Holdfast.AspNetCore.Sessions.Events;

/// <summary>Tells in a commit that a session ends with it, if its events are wanted and nobody has told that before.</summary>
internal sealed class SessionEnding(PartitionMap partitions, string sessionId, LoginReference? login) : ICommitPart
{
    private bool isTold;

    /// <summary>Why it ends.</summary>
    public SessionEndReason Reason { get; set; }

    public void AddTo(CommitDraft draft)
    {
        if (!isTold)
        {
            draft.Add(this, SessionTrace.Deletion(partitions, sessionId));
            draft.Add(sessionId, SessionEventContent.Event(SessionEventContent.Ended, SessionTrace.HandleOf(sessionId), login, Reason));
        }
    }

    public void Made(CommitResult result)
    {
    }

    public void Refused(Refusal refusal) => isTold = true;
}
