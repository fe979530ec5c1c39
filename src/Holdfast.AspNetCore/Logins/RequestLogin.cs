using Holdfast.AspNetCore.Requests;
using Holdfast.AspNetCore.Tickets;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Logins;

/// <summary>
/// Who has signed in, as far as a request knows: by its session, by a ticket, or by signing in itself. What changes of it goes
/// with the request's commit.
/// </summary>
internal sealed class RequestLogin(HttpContext context, StateServices services, CausalClient client)
{
    private Dictionary<string, Record?>? read;
    private List<UserLogins>? users;
    private List<(Address Ticket, ICommitPart Change)>? tickets;
    private LoginReference? ofTicket;
    private bool isNew;

    /// <summary>The login that the request's session belongs to.</summary>
    public LoginReference? OfSession { get; private set; }

    /// <summary>The login that counts for the request, and for a session that it creates.</summary>
    public LoginReference? Current => OfSession ?? ofTicket;

    /// <summary>Where a session that is created for the login lies best: beside its ticket.</summary>
    public int? Partition => ofTicket is { } login && Find(login)?.Ticket is { } ticket ? client.Engine.Partitions.PartitionOf(ticket) : null;

    private DateTimeOffset Now => client.Engine.Options.Clock.GetUtcNow();

    /// <summary>
    /// The login, or null when it has ended. Only the store says no: what was signed in a moment ago may not have reached this instance yet.
    /// </summary>
    public async ValueTask<Login?> FindAsync(LoginReference login, CancellationToken cancellationToken)
    {
        var address = LoginRecord.AddressOf(login.User);
        if (!HasRead(login.User))
        {
            Keep(login.User, await client.ReadAsync(address, cancellationToken));
            if (Find(login) is null && client.Engine.Capabilities.HasNearCache)
            {
                Keep(login.User, (await client.ReadManyAsync([address], cancellationToken))[0]);
            }
        }

        return Find(login);
    }

    /// <summary>The request's session belongs to this login, which lives.</summary>
    public void FoundInSession(LoginReference login) => OfSession = login;

    /// <summary>The request has a ticket of this login, which lives.</summary>
    public void FoundInTicket(LoginReference login) => ofTicket = login;

    /// <summary>Signs the user in with the request's commit. What the client was signed in as before ends.</summary>
    /// <param name="user">The user's id.</param>
    /// <param name="sessionId">The id of the session that the login gets.</param>
    /// <param name="expires">When the login ends whatever its use.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="SessionLimitException">The user has too many.</exception>
    public async ValueTask SignInAsync(string user, string sessionId, DateTimeOffset expires, CancellationToken cancellationToken)
    {
        if (OfSession is { } before)
        {
            End(before);
        }

        await BeginAsync(user, Login.Begin(context, Now, expires, services.Options) with { Session = sessionId }, cancellationToken);
    }

    /// <summary>Signs the user in by a ticket. What was signed in by the same scheme before ends.</summary>
    /// <exception cref="SessionLimitException">The user has too many.</exception>
    public async ValueTask<LoginReference> SignInAsync(TicketSignIn signIn, string user, string sessionId, string key, CancellationToken cancellationToken)
    {
        var scheme = signIn.Ticket.AuthenticationScheme;
        if (OfSession is { } old && (Find(old)?.Scheme ?? scheme) == scheme)
        {
            End(old);
        }

        if (signIn.ReplacedLogin is { } replaced)
        {
            End(replaced);
        }

        var login = Login.Begin(context, Now, signIn.Expires, services.Options);
        return await BeginAsync(user, login with { Session = sessionId, Scheme = scheme, Ticket = key }, cancellationToken);
    }

    /// <summary>Ends the login, and its ticket, with the request's commit.</summary>
    public void End(LoginReference login)
    {
        ChangesOf(login.User).Remove(login.Id);
        if (Find(login)?.Ticket is { } key)
        {
            Change(RecordChange.Delete(TicketRecord.AddressOf(key)));
        }

        OfSession = OfSession == login ? null : OfSession;
        ofTicket = ofTicket == login ? null : ofTicket;
    }

    /// <summary>Has a ticket created or deleted with the request's commit.</summary>
    public void Change(RecordChange ofTicket)
    {
        if (ChangeOf(ofTicket.Address) is { } known)
        {
            known.Become(ofTicket);
            return;
        }

        tickets?.RemoveAll(other => other.Ticket == ofTicket.Address);
        (tickets ??= []).Add((ofTicket.Address, new TicketChange(ofTicket)));
    }

    /// <summary>Has a ticket renewed with the request's commit, unless that deletes it.</summary>
    public void Renew(TicketRenewal renewal)
    {
        if (ChangeOf(renewal.Ticket) is null)
        {
            tickets?.RemoveAll(other => other.Ticket == renewal.Ticket);
            (tickets ??= []).Add((renewal.Ticket, renewal));
        }
    }

    /// <summary>The login's session has another id from now on.</summary>
    /// <param name="sessionId">The id of the one that the request's commit creates.</param>
    /// <param name="before">The id of the one that it deletes, if there is one.</param>
    public void MoveTo(string sessionId, string? before)
    {
        if (Current is { } login && !isNew)
        {
            ChangesOf(login.User).Move(login.Id, sessionId, before);
            OfSession = login;
        }
    }

    /// <summary>Hands over what there is to commit; after a commit that failed, what is left of it.</summary>
    public void EnlistIn(RequestCommit commit)
    {
        foreach (var user in users?.Where(static user => !user.IsMade) ?? [])
        {
            commit.Enlist(client.Engine.Partitions.PartitionOf(LoginRecord.AddressOf(user.User)), user);
        }

        foreach (var (ticket, change) in tickets ?? [])
        {
            commit.Enlist(client.Engine.Partitions.PartitionOf(ticket), change);
        }
    }

    /// <summary>Drops what was not committed.</summary>
    public void Abandon() => (users, tickets) = (null, null);

    /// <summary>The request's changes are committed. Deletes what logins that had to give way leave behind: they have ended with it.</summary>
    public ValueTask CommittedAsync()
    {
        tickets = null;
        return users is { Count: > 0 } changed ? CommittedAsync(changed) : ValueTask.CompletedTask;
    }

    private async ValueTask CommittedAsync(List<UserLogins> changed)
    {
        foreach (var made in changed.Where(static user => user.IsMade))
        {
            await EndedLogins.DeleteAsync(client.Engine, made.Displaced, SessionEndReason.Displaced, services.Logger);
            read?.Remove(made.User);
        }

        changed.RemoveAll(static user => user.IsMade);
        isNew = false;
    }

    private async ValueTask<LoginReference> BeginAsync(string user, Login login, CancellationToken cancellationToken)
    {
        var reference = new LoginReference(user, LoginRecord.NewId(client.Engine));
        if (!HasRead(user))
        {
            Keep(user, await client.ReadAsync(LoginRecord.AddressOf(user), cancellationToken));
        }

        var changes = ChangesOf(user);
        if (changes.IsFull)
        {
            // Listing takes out those of which nothing is left.
            await services.Directory.ListAsync(user, cancellationToken);
            changes.Reread((await client.ReadManyAsync([LoginRecord.AddressOf(user)], cancellationToken))[0]);
        }

        changes.Add(reference.Id, login);
        (OfSession, isNew) = (reference, true);
        return reference;
    }

    private TicketChange? ChangeOf(Address ticket) => tickets?.Find(other => other.Ticket == ticket).Change as TicketChange;

    private bool HasRead(string user) => read?.ContainsKey(user) == true;

    private void Keep(string user, Record? record) => (read ??= new(StringComparer.Ordinal))[user] = record;

    private Login? Find(LoginReference login) =>
        read is not null && read.TryGetValue(login.User, out var record) ? LoginRecord.Find(record, login.Id, Now) : null;

    private UserLogins ChangesOf(string user)
    {
        if (users?.Find(other => other.User == user && !other.IsMade) is { } known)
        {
            return known;
        }

        var added = new UserLogins(user, read?.GetValueOrDefault(user), services.LoginLimit, client.Engine.Options.Clock);
        (users ??= []).Add(added);
        return added;
    }
}
