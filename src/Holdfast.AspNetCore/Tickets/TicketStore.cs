using Holdfast.AspNetCore.Logins;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tickets;

/// <summary>
/// Keeps a scheme's tickets in the store; the cookie holds a key. In a request that passed <c>app.UseHoldfast()</c> they change with its
/// one commit, together with the session, and otherwise at once.
/// </summary>
/// <remarks>
/// The framework calls Renew for two things. While the response is being started, it slides the expiry, or stores what a validation has put into the ticket. Earlier, somebody who has a
/// ticket signs in again: then the ticket gets another key, which the framework doesn't foresee; <see cref="TicketCookies"/> sends it.
/// </remarks>
internal sealed class TicketStore(TicketServices services, CookieAuthenticationOptions scheme) : ITicketStore
{
    private DateTimeOffset Now => services.Engine.Options.Clock.GetUtcNow();

    public Task<string> StoreAsync(AuthenticationTicket ticket) => SignInAsync(ticket, null, null, CancellationToken.None);

    public Task<string> StoreAsync(AuthenticationTicket ticket, HttpContext httpContext, CancellationToken cancellationToken) =>
        SignInAsync(ticket, null, httpContext, cancellationToken);

    public Task<AuthenticationTicket?> RetrieveAsync(string key) => FindAsync(key, null, CancellationToken.None);

    public Task<AuthenticationTicket?> RetrieveAsync(string key, HttpContext httpContext, CancellationToken cancellationToken) =>
        FindAsync(key, httpContext, cancellationToken);

    public Task RenewAsync(string key, AuthenticationTicket ticket) => SlideAsync(key, ticket, null, null, CancellationToken.None);

    public async Task RenewAsync(string key, AuthenticationTicket ticket, HttpContext httpContext, CancellationToken cancellationToken)
    {
        var use = TicketUse.Of(httpContext, key);
        if (use is null or { IsStarting: true })
        {
            await SlideAsync(key, ticket, use, httpContext, cancellationToken);
        }
        else
        {
            use.Successor = await SignInAsync(ticket, (key, use.Login), httpContext, cancellationToken);
        }
    }

    public Task RemoveAsync(string key) => RemoveAsync(key, null, CancellationToken.None);

    public async Task RemoveAsync(string key, HttpContext? httpContext, CancellationToken cancellationToken)
    {
        if (TicketRecord.TryAddress(key, out var address))
        {
            var unit = services.UnitFor(httpContext);
            var login = httpContext is not null && TicketUse.Of(httpContext, key) is { } use
                ? use.Login
                : await unit.ReadAsync(address, cancellationToken) is { } record ? TicketRecord.LoginOf(record) : null;
            await unit.SignOutAsync(key, login, cancellationToken);
        }
    }

    private async Task<AuthenticationTicket?> FindAsync(string key, HttpContext? context, CancellationToken cancellationToken)
    {
        var unit = services.UnitFor(context);
        if (!TicketRecord.TryAddress(key, out var address)
            || await unit.ReadAsync(address, cancellationToken) is not { } record
            || TicketRecord.Read(record) is not { } ticket)
        {
            return null;
        }

        var reference = TicketRecord.LoginOf(record);
        var login = reference is { } named ? await unit.FindAsync(named, cancellationToken) : null;
        if (reference is not null && login is null)
        {
            return null;
        }

        if (context is not null)
        {
            TicketUse.Remember(context, key, record, reference, login);
        }

        return ticket;
    }

    private async Task<string> SignInAsync(
        AuthenticationTicket ticket, (string Key, LoginReference? Login)? replaced, HttpContext? context, CancellationToken cancellationToken)
    {
        var expires = ticket.Properties.ExpiresUtc ?? Now + scheme.ExpireTimeSpan;
        var latest = scheme.SlidingExpiration ? Later(expires, Now + services.Options.SignInAbsoluteTimeout) : expires;
        var signIn = new TicketSignIn
        {
            Ticket = ticket,
            User = services.Options.UserId(ticket.Principal) is { Length: > 0 } user ? user : null,
            Expires = latest,
            TimeToLive = TimeToLive(expires),
            ReplacedKey = replaced?.Key,
            ReplacedLogin = replaced?.Login,
        };
        return await services.UnitFor(context).SignInAsync(signIn, cancellationToken);
    }

    private async Task SlideAsync(string key, AuthenticationTicket ticket, TicketUse? use, HttpContext? context, CancellationToken cancellationToken)
    {
        if (TicketRecord.TryAddress(key, out var address))
        {
            var expires = ticket.Properties.ExpiresUtc ?? Now + scheme.ExpireTimeSpan;
            var last = use?.LoginExpires is { } end && end < expires ? end : expires;
            await services.UnitFor(context).RenewAsync(new TicketRenewal(address, ticket, TimeToLive(last), use?.Read, services.Logger), cancellationToken);
        }
    }

    private TimeSpan TimeToLive(DateTimeOffset expires)
    {
        var left = expires - Now;
        return left < StateLimits.MinTimeToLive ? StateLimits.MinTimeToLive : left > StateLimits.MaxTimeToLive ? StateLimits.MaxTimeToLive : left;
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
