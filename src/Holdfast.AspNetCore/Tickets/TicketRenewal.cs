using Holdfast.AspNetCore.Requests;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Tickets;

/// <summary>
/// A ticket is renewed in a commit, as it was read. If it has changed since: one that was removed stays so. A renewal that only slides gives way, because
/// whoever has renewed it meanwhile has slid it too. One that puts something else into the ticket (another principal, other tokens) goes on top of a slide,
/// and gives way to another such: the first stands. Whichever gives way, the rest of the commit is made.
/// </summary>
/// <param name="address">The ticket.</param>
/// <param name="ticket">What it becomes.</param>
/// <param name="timeToLive">How long it is kept.</param>
/// <param name="read">The record as the request has read it; null when nobody has: then it only has to exist.</param>
/// <param name="logger">Where it is told that something gave way.</param>
internal sealed class TicketRenewal(Address address, AuthenticationTicket ticket, TimeSpan timeToLive, Record? read, ILogger logger) : ICommitPart
{
    private bool isVoid;

    public Address Ticket => address;

    public void AddTo(CommitDraft draft)
    {
        if (!isVoid)
        {
            draft.Add(this, TicketRecord.Renewal(address, read is null ? Condition.Exists : Condition.RevisionIs(read.Revision), ticket, timeToLive));
        }
    }

    public void Made(CommitResult result)
    {
    }

    public void Refused(Refusal refusal)
    {
        if (read is null || refusal.Current is not { } current || current.Birth != read.Birth || IsSame(ticket, TicketRecord.Read(read)))
        {
            isVoid = true;
        }
        else if (TicketRecord.Read(current) is { } other && IsSame(other, TicketRecord.Read(read)))
        {
            read = current;
        }
        else
        {
            isVoid = true;
            logger.RenewalGaveWay();
        }
    }

    /// <summary>Whether one is the other, slid at most.</summary>
    private static bool IsSame(AuthenticationTicket one, AuthenticationTicket? other) =>
        other is not null && TicketRecord.ContentOf(one).AsSpan().SequenceEqual(TicketRecord.ContentOf(other));
}
