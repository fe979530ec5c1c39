using Holdfast.AspNetCore.Logins;
using Holdfast.AspNetCore.Requests;
using Holdfast.AspNetCore.Sessions;
using Holdfast.AspNetCore.Tickets;
using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore;

/// <summary>
/// Who is signed in where. Ending counts on every instance: at once for what asks the store, and otherwise as fast as changes are
/// pushed, within 1 s. Registered by <c>AddHoldfastTickets</c>, and so by <c>AddHoldfast</c>. Safe for concurrent use.
/// </summary>
/// <remarks>
/// Works on the store, apart from any request: to end the session that the request itself belongs to, use
/// <see cref="RequestState.EndSession"/> or sign out. What ends leaves its session and ticket to be deleted right after;
/// they count for nothing by then.
/// </remarks>
public sealed class SessionDirectory
{
    /// <summary>
    /// A login is stored ahead of its session and ticket: for so long, that they are missing tells nothing. Longer than any commit may take.
    /// </summary>
    private static readonly TimeSpan BeginsWithin = TimeSpan.FromMinutes(10);

    private readonly StateEngine engine;
    private readonly ILogger logger;

    /// <summary>A directory of the sessions in this store.</summary>
    /// <param name="engine">The store.</param>
    /// <param name="logger">Where it is told that something could not be deleted.</param>
    public SessionDirectory(StateEngine engine, ILogger<SessionDirectory> logger)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(logger);
        (this.engine, this.logger) = (engine, logger);
    }

    private DateTimeOffset Now => engine.Options.Clock.GetUtcNow();

    /// <summary>
    /// The user's signed-in sessions, the latest sign-in first. Costs a round trip, and one for each session, at the same time.
    /// </summary>
    /// <exception cref="StateException">The store can't answer.</exception>
    public async ValueTask<IReadOnlyList<SignedInSession>> ListAsync(string userId, CancellationToken cancellationToken = default)
    {
        var logins = await ReadAsync(userId, cancellationToken);
        var listed = await Task.WhenAll(logins.Select(login => ListAsync(login.Id, login.Login, cancellationToken)));
        await PruneAsync(userId, logins.Where((_, i) => listed[i] is null).ToList());
        return [.. listed.OfType<SignedInSession>().OrderByDescending(static session => session.Created).ThenBy(static session => session.Id, StringComparer.Ordinal)];
    }

    /// <summary>Ends one of the user's sessions. False when there is none of that id: it has ended already.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="signInId">As <see cref="SignedInSession.Id"/> tells it.</param>
    /// <param name="cancellationToken">Ends the call; what has begun is finished.</param>
    /// <exception cref="StateException">The store can't answer.</exception>
    public async ValueTask<bool> EndAsync(string userId, string signInId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(signInId);
        return await EndAsync(userId, (login, _) => login == signInId, cancellationToken) > 0;
    }

    /// <summary>
    /// Ends all of the user's sessions, in one commit, and tells how many there were. To keep a user out who must not sign in any more, bar the sign-in
    /// first, then call this.
    /// </summary>
    /// <exception cref="StateException">The store can't answer.</exception>
    public ValueTask<int> EndAllAsync(string userId, CancellationToken cancellationToken = default) => EndAsync(userId, static (_, _) => true, cancellationToken);

    /// <summary>Ends all of the user's sessions but one, in one commit, and tells how many those were.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="signInId">The one that stays, usually <see cref="RequestState.SignInId"/>.</param>
    /// <param name="cancellationToken">Ends the call; what has begun is finished.</param>
    /// <exception cref="StateException">The store can't answer.</exception>
    public ValueTask<int> EndOthersAsync(string userId, string signInId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(signInId);
        return EndAsync(userId, (login, _) => login != signInId, cancellationToken);
    }

    /// <summary>
    /// Ends the sessions of all users who are signed in when it begins, and tells how many there were. Walks over the whole store: for an emergency.
    /// Who signs in meanwhile may stay.
    /// </summary>
    /// <exception cref="StateException">The store can't answer; those that were reached have ended.</exception>
    public async ValueTask<int> EndEverybodyAsync(CancellationToken cancellationToken = default)
    {
        var count = 0;
        for (var partition = 0; partition < engine.Partitions.Count; partition++)
        {
            await foreach (var record in engine.ScanAsync(partition, LoginRecord.Kind, cancellationToken))
            {
                count += await EndAsync(new LoginEnding(record.Address, record, static (_, _) => true));
            }
        }

        return count;
    }

    private async ValueTask<int> EndAsync(string userId, Func<string, Login?, bool> isMeant, CancellationToken cancellationToken) =>
        await EndAsync(new LoginEnding(LoginRecord.AddressOf(userId), await ReadRecordAsync(userId, cancellationToken), isMeant));

    private async ValueTask<int> EndAsync(LoginEnding ending)
    {
        await OwnCommit.MakeAsync(engine, ending);
        await EndedLogins.DeleteAsync(engine, ending.Ended, SessionEndReason.Revoked, logger);
        return ending.Ended.Count(login => !login.IsOver(Now));
    }

    private async Task<SignedInSession?> ListAsync(string id, Login login, CancellationToken cancellationToken)
    {
        var session = await SessionOfAsync(login, cancellationToken);
        var created = DateTimeOffset.FromUnixTimeMilliseconds(login.Created);
        if (session is null && Now - created > BeginsWithin && !await HasTicketAsync(login, cancellationToken))
        {
            return null;
        }

        return new SignedInSession
        {
            Id = id,
            Created = created,
            LastSeen = session?.TimeToLive(engine.Options.Clock) is { } left ? Latest(created, Now + left - TimeSpan.FromMilliseconds(login.Idle)) : null,
            Expires = DateTimeOffset.FromUnixTimeMilliseconds(login.Expires),
            Device = DeviceName.Of(login.UserAgent),
            UserAgent = login.UserAgent,
            NetworkAddress = login.NetworkAddress,
            Scheme = login.Scheme,
        };
    }

    /// <summary>The login's session, under the id from before its renewal if that is not through: both are looked at in one moment.</summary>
    private async ValueTask<Record?> SessionOfAsync(Login login, CancellationToken cancellationToken)
    {
        if (login.Session is not { } session)
        {
            return null;
        }

        if (login.Before is not { } before || engine.Partitions.PartitionOf(before) != engine.Partitions.PartitionOf(session))
        {
            return (await engine.ReadAsync(SessionReference.AddressOf(session), Freshness.Latest, cancellationToken)).Record;
        }

        var readings = await engine.ReadManyAsync([SessionReference.AddressOf(session), SessionReference.AddressOf(before)], cancellationToken);
        return readings[0].Record ?? readings[1].Record;
    }

    private async ValueTask<bool> HasTicketAsync(Login login, CancellationToken cancellationToken) =>
        login.Ticket is { } key && (await engine.ReadAsync(TicketRecord.AddressOf(key), Freshness.Latest, cancellationToken)).Record is not null;

    private async ValueTask<List<(string Id, Login Login)>> ReadAsync(string userId, CancellationToken cancellationToken)
    {
        var record = await ReadRecordAsync(userId, cancellationToken);
        return [.. LoginRecord.All(record).Where(login => login.Login is { } one && !one.IsOver(Now)).Select(static login => (login.Id, login.Login!))];
    }

    private async ValueTask<Record?> ReadRecordAsync(string userId, CancellationToken cancellationToken) =>
        (await engine.ReadAsync(LoginRecord.AddressOf(userId), Freshness.Latest, cancellationToken)).Record;

    /// <summary>Takes out logins of which nothing is left; they would only take up room. One that has changed since, such as by a renewal, stays.</summary>
    private async ValueTask PruneAsync(string userId, List<(string Id, Login Login)> gone)
    {
        if (gone.Count > 0)
        {
            var record = await ReadRecordAsync(userId, CancellationToken.None);
            await OwnCommit.MakeAsync(engine, new LoginEnding(LoginRecord.AddressOf(userId), record, (id, login) => login is not null && gone.Contains((id, login))));
        }
    }

    private static DateTimeOffset Latest(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
