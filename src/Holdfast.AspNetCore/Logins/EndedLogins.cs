using Holdfast.AspNetCore.Sessions;
using Holdfast.AspNetCore.Tickets;
using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Logins;

/// <summary>
/// Deletes what logins leave behind that have ended: their sessions and tickets. Those count for nothing any more, so a
/// failure is not the caller's: they expire.
/// </summary>
internal static class EndedLogins
{
    public static async ValueTask DeleteAsync(StateEngine engine, IReadOnlyList<Login> ended, ILogger logger)
    {
        try
        {
            await Task.WhenAll(ended.SelectMany(RecordsOf).GroupBy(engine.Partitions.PartitionOf).Select(DeleteAsync));
        }
        catch (StateException fault)
        {
            logger.NotDeleted(fault);
        }

        async Task DeleteAsync(IEnumerable<Address> ofPartition)
        {
            foreach (var some in ofPartition.Chunk(StateLimits.MaxRecordsPerCommit))
            {
                await engine.CommitAsync(new Commit([.. some.Select(RecordChange.Delete)]));
            }
        }
    }

    private static IEnumerable<Address> RecordsOf(Login login)
    {
        if (login.Session is { } session)
        {
            yield return SessionReference.AddressOf(session);
        }

        if (login.Ticket is { } ticket)
        {
            yield return TicketRecord.AddressOf(ticket);
        }
    }
}
