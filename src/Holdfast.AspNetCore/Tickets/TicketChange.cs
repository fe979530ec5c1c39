using Holdfast.AspNetCore.Requests;

namespace Holdfast.AspNetCore.Tickets;

/// <summary>A change of a ticket in a commit. One that has been removed meanwhile stays so, and the rest of the commit is made.</summary>
internal sealed class TicketChange(RecordChange change) : ICommitPart
{
    private bool isVoid;

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
