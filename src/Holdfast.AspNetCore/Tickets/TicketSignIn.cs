using Holdfast.AspNetCore.Logins;
using Microsoft.AspNetCore.Authentication;

namespace Holdfast.AspNetCore.Tickets;

/// <summary>Somebody signs in with a ticket.</summary>
internal sealed record TicketSignIn
{
    /// <summary>The ticket.</summary>
    public required AuthenticationTicket Ticket { get; init; }

    /// <summary>The user's id; null when the ticket names none, and then no directory lists it.</summary>
    public required string? User { get; init; }

    /// <summary>When the login ends whatever its use.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>How long the ticket is kept.</summary>
    public required TimeSpan TimeToLive { get; init; }

    /// <summary>The key of the ticket that this one takes the place of.</summary>
    public string? ReplacedKey { get; init; }

    /// <summary>The login of the ticket that this one takes the place of.</summary>
    public LoginReference? ReplacedLogin { get; init; }

    /// <summary>Creates the ticket's record.</summary>
    public RecordChange Creation(string key, LoginReference? login) => TicketRecord.Creation(TicketRecord.AddressOf(key), Ticket, login, TimeToLive);
}
