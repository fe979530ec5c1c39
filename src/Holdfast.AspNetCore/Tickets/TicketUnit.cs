using Holdfast.AspNetCore.Logins;

namespace Holdfast.AspNetCore.Tickets;

/// <summary>What tickets are read and changed through: a request's state, or the store itself.</summary>
internal abstract class TicketUnit
{
    public abstract ValueTask<Record?> ReadAsync(Address address, CancellationToken cancellationToken);

    /// <summary>The login, or null when it has ended.</summary>
    public abstract ValueTask<Login?> FindAsync(LoginReference login, CancellationToken cancellationToken);

    /// <summary>Signs in, and tells the key of the ticket that is stored.</summary>
    public abstract ValueTask<string> SignInAsync(TicketSignIn signIn, CancellationToken cancellationToken);

    /// <summary>Renews a ticket; not if it is gone.</summary>
    public abstract ValueTask RenewAsync(TicketRenewal renewal, CancellationToken cancellationToken);

    /// <summary>Removes a ticket, and ends its login.</summary>
    public abstract ValueTask SignOutAsync(string key, LoginReference? login, CancellationToken cancellationToken);
}
