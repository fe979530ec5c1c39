using Holdfast.AspNetCore.Requests;

namespace Holdfast.AspNetCore.Tickets;

/// <summary>A ticket is created or deleted in a commit. If a condition does not hold, the rest of the commit is made.</summary>
internal sealed class TicketChange(RecordChange change) : ICommitPart
{
    private bool isVoid;

    /// <summary>Does something else to the ticket instead.</summary>
    public void Become(RecordChange other) => (change, isVoid) = (other, false);

    public void AddTo(CommitDraft draft)
    {
        if (!isVoid)
        {
            draft.Add(this, change);
        }
    }

    public void Made(CommitResult result)
    {
    }

    public void Refused(Refusal refusal) => isVoid = true;
}
