using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.AspNetCore.Tickets;

/// <summary>
/// Sends a ticket's new key when its user has signed in anew: the framework would send the old one again, and whoever knew that
/// before would be signed in as well (OWASP ASVS 7.2.4).
/// </summary>
internal sealed class TicketCookies(ICookieManager inner, CookieAuthenticationOptions scheme) : ICookieManager
{
    public string? GetRequestCookie(HttpContext context, string key) => inner.GetRequestCookie(context, key);

    public void AppendResponseCookie(HttpContext context, string key, string? value, CookieOptions options) =>
        inner.AppendResponseCookie(context, key, value is null ? null : WithCurrentKey(context, value), options);

    public void DeleteCookie(HttpContext context, string key, CookieOptions options) => inner.DeleteCookie(context, key, options);

    private string WithCurrentKey(HttpContext context, string value)
    {
        if (scheme.TicketDataFormat.Unprotect(value, TlsTokenBinding(context)) is { } ticket
            && ticket.Principal.Claims.Select(claim => (Claim: claim, TicketUse.Of(context, claim.Value)?.Successor)).FirstOrDefault(static found => found.Successor is not null)
                is { Claim: { } old, Successor: { } successor })
        {
            var identity = new ClaimsIdentity([new Claim(old.Type, successor, old.ValueType, old.Issuer)], ticket.Principal.Identity?.AuthenticationType);
            var renewed = new AuthenticationTicket(new ClaimsPrincipal(identity), ticket.Properties, ticket.AuthenticationScheme);
            return scheme.TicketDataFormat.Protect(renewed, TlsTokenBinding(context));
        }

        return value;
    }

    /// <summary>As the framework's handler takes it: servers that have none answer nothing.</summary>
    private static string? TlsTokenBinding(HttpContext context) =>
        context.Features.Get<ITlsTokenBindingFeature>()?.GetProvidedTokenBindingId() is { } binding ? Convert.ToBase64String(binding) : null;
}
