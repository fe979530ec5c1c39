using Holdfast.AspNetCore.Logins;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tickets;

/// <summary>What a request has found out about the ticket that its cookie names.</summary>
internal sealed class TicketUse
{
    private TicketUse()
    {
    }

    /// <summary>The record, as it was read.</summary>
    public required Record Read { get; init; }

    /// <summary>The login that the ticket belongs to, if it signs in a user.</summary>
    public required LoginReference? Login { get; init; }

    /// <summary>When the login ends, whatever the ticket says.</summary>
    public required DateTimeOffset? LoginExpires { get; init; }

    /// <summary>
    /// Whether the response is being started. Cookie authentication slides a ticket's expiry only then: when it renews one
    /// earlier, somebody signs in anew.
    /// </summary>
    public bool IsStarting { get; private set; }

    /// <summary>The key that the client gets instead of this one's, once it has signed in anew.</summary>
    public string? Successor { get; set; }

    public static TicketUse? Of(HttpContext context, string key) => context.Items.TryGetValue(new Slot(key), out var use) ? (TicketUse?)use : null;

    public static void Remember(HttpContext context, string key, Record record, LoginReference? reference, Login? login)
    {
        var use = new TicketUse
        {
            Read = record,
            Login = reference,
            LoginExpires = login is null ? null : DateTimeOffset.FromUnixTimeMilliseconds(login.Expires),
        };
        context.Items[new Slot(key)] = use;

        // Callbacks run last come, first served; the authentication handler has registered its own before it retrieves a ticket.
        context.Response.OnStarting(
            static use =>
            {
                ((TicketUse)use).IsStarting = true;
                return Task.CompletedTask;
            },
            use);
    }

    private sealed record Slot(string Key);
}
