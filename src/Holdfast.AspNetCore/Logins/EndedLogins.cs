using Holdfast.AspNetCore.Requests;
using Holdfast.AspNetCore.Sessions;
using Holdfast.AspNetCore.Sessions.Events;
using Holdfast.AspNetCore.Tickets;
using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Logins;

/// <summary>
/// Deletes what logins leave behind that have ended: their sessions and tickets. Those count for nothing any more, so a
/// failure is not the caller's: they expire.
/// </summary>
internal static class EndedLogins
{
    public static async ValueTask DeleteAsync(StateEngine engine, IReadOnlyList<Login> ended, SessionEndReason reason, ILogger logger)
    {
        try
        {
            await Task.WhenAll(ended.Select(login => DeleteAsync(engine, login, reason)));
        }
        catch (StateException fault)
        {
            logger.NotDeleted(fault);
        }
    }

    private static async Task DeleteAsync(StateEngine engine, Login login, SessionEndReason reason)
    {
        foreach (var some in RecordsOf(login).GroupBy(engine.Partitions.PartitionOf))
        {
            SessionEnding? told = null;
            foreach (var session in SessionsOf(login).Where(session => login.IsTold && engine.Partitions.PartitionOf(session) == some.Key))
            {
                told ??= await EndingAsync(engine, session, reason);
            }

            await OwnCommit.MakeAsync(engine, new Deletion(some, told));
        }
    }

    /// <summary>Tells of a session that is still there: that another has expired is for others to tell.</summary>
    private static async ValueTask<SessionEnding?> EndingAsync(StateEngine engine, string session, SessionEndReason reason)
    {
        var readings = await engine.ReadManyAsync([SessionReference.AddressOf(session), SessionTrace.AddressOf(engine.Partitions, session)]);
        return readings is [{ Record: not null }, { Record: { } trace }]
            ? new SessionEnding(engine.Partitions, session, SessionTrace.LoginOf(trace)) { Reason = reason }
            : null;
    }

    private static IEnumerable<Address> RecordsOf(Login login)
    {
        foreach (var session in SessionsOf(login))
        {
            yield return SessionReference.AddressOf(session);
        }

        if (login.Ticket is { } ticket)
        {
            yield return TicketRecord.AddressOf(ticket);
        }
    }

    /// <summary>Its session under either id that it may have: it is there under one of them at most.</summary>
    private static IEnumerable<string> SessionsOf(Login login) => new[] { login.Session, login.Before }.OfType<string>();

    /// <summary>Deletes records, and tells of the session among them that it has ended.</summary>
    private sealed class Deletion(IEnumerable<Address> records, SessionEnding? told) : ICommitPart
    {
        public void AddTo(CommitDraft draft)
        {
            told?.AddTo(draft);
            foreach (var record in records)
            {
                draft.Add(this, RecordChange.Delete(record));
            }
        }

        public void Made(CommitResult result)
        {
        }

        public void Refused(Refusal refusal)
        {
        }
    }
}
