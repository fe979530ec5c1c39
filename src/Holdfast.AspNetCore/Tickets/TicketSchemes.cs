using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.Tickets;

/// <summary>
/// Gives cookie schemes that sign users in their ticket store, unless the application gave them one. Which schemes those are, the
/// application names; otherwise it is the one that authenticates by default, or the only one. Schemes that carry somebody through a
/// sign-in (external logins, second factors) keep their tickets in the cookie: they sign nobody in.
/// </summary>
internal sealed class TicketSchemes(TicketServices services, IOptions<AuthenticationOptions> authentication, IOptions<TicketSchemes.Names> names)
    : IPostConfigureOptions<CookieAuthenticationOptions>
{
    public void PostConfigure(string? name, CookieAuthenticationOptions options)
    {
        if (name is not null && options.SessionStore is null && SignsIn(name))
        {
            options.SessionStore = new TicketStore(services, options);
            options.CookieManager = new TicketCookies(options.CookieManager ?? new ChunkingCookieManager(), options);
        }
    }

    private bool SignsIn(string name)
    {
        if (names.Value.All.Count > 0)
        {
            return names.Value.All.Contains(name);
        }

        var cookies = authentication.Value.Schemes.Where(static scheme => scheme.HandlerType == typeof(CookieAuthenticationHandler)).Select(static scheme => scheme.Name).ToList();
        var byDefault = authentication.Value.DefaultAuthenticateScheme ?? authentication.Value.DefaultScheme;
        return byDefault is not null && cookies.Contains(byDefault) ? name == byDefault : cookies is [var only] && name == only;
    }

    /// <summary>The schemes that the application named.</summary>
    internal sealed class Names
    {
        public HashSet<string> All { get; } = new(StringComparer.Ordinal);
    }
}
