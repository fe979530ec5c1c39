using Holdfast;
using Holdfast.AspNetCore;
using Holdfast.AspNetCore.Cookies;
using Holdfast.AspNetCore.DataProtection;
using Holdfast.AspNetCore.Engine;
using Holdfast.AspNetCore.Idempotency;
using Holdfast.AspNetCore.Requests;
using Holdfast.AspNetCore.Sessions;
using Holdfast.AspNetCore.Sessions.Events;
using Holdfast.AspNetCore.Tickets;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The parts of Holdfast, each of which stands alone upon the engine.</summary>
public static class HoldfastServiceCollectionExtensions
{
    /// <summary>
    /// Registers the <see cref="StateEngine"/>, which is opened when the host starts: a store that is not there stops the
    /// start. An engine that the application has registered itself is used instead, and is the application's to dispose of. The health check
    /// <c>holdfast</c> tells whether the store answers within a second: degraded if not.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Changes the options.</param>
    public static IServiceCollection AddHoldfastEngine(this IServiceCollection services, Action<HoldfastOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<HoldfastOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HoldfastOptions>, HoldfastOptionsValidation>());
        if (configure is not null)
        {
            services.Configure(configure);
        }

        if (services.All(static service => service.ServiceType != typeof(StateEngine)))
        {
            services.AddSingleton<EngineOpening>();
            services.AddHostedService(static provider => provider.GetRequiredService<EngineOpening>());
            services.AddSingleton<StateEngine>(static provider => provider.GetRequiredService<EngineOpening>().Engine);
        }

        services.AddHealthChecks();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<HealthCheckServiceOptions>, EngineHealthRegistration>());
        return services;
    }

    /// <summary>
    /// Registers what <c>app.UseHoldfast()</c> needs for <c>HttpContext.Session</c> and <c>HttpContext.GetState()</c>. The cookie is
    /// sealed under the data-protection ring, wherever the application keeps it: all instances must share it.
    /// </summary>
    /// <param name="services">The application's services.</param>
    public static IServiceCollection AddHoldfastSessions(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddMetrics();
        services.AddDataProtection();
        services.TryAddSingleton<Holdfast.AspNetCore.StateMeter>();
        services.TryAddSingleton(static provider => new CookieKeyRing(
            provider.GetRequiredService<IKeyManager>(),
            provider.GetRequiredService<IDataProtectionProvider>(),
            provider.GetRequiredService<IOptions<KeyManagementOptions>>(),
            provider.GetRequiredService<StateEngine>().Options.Clock,
            provider.GetRequiredService<ILogger<CookieKeyRing>>()));
        services.TryAddSingleton(static provider => new CookieSeal(
            provider.GetRequiredService<CookieKeyRing>(), provider.GetRequiredService<StateEngine>().Options.Entropy));
        services.AddHostedService<CookieKeyPriming>();
        services.TryAddSingleton<Carriages>();
        services.TryAddSingleton<SessionDirectory>();
        services.TryAddSingleton<SessionEvents>();
        services.AddHostedService<SessionExpiry>();
        services.TryAddSingleton<StateServices>();
        services.TryAddSingleton<IdempotencyMeter>();
        services.TryAddSingleton<StoredCookies>();
        services.TryAddSingleton<IdempotentEndpoints>();
        services.TryAddSingleton<IdempotencyBuild>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, IdempotentRouting>());
        return services;
    }

    /// <summary>
    /// Keeps the tickets of cookie authentication in the state plane, and a directory of who has signed in where
    /// (<see cref="SessionDirectory"/>). The cookie then holds a key and not the user's claims, and signing out is final. A scheme that the application gave a
    /// <see cref="CookieAuthenticationOptions.SessionStore"/> keeps it.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="schemes">
    /// The cookie schemes that sign users in. By default the one that authenticates by default, or the only one: schemes that carry somebody through a
    /// sign-in, such as Identity's for external logins and second factors, are none of them.
    /// </param>
    public static IServiceCollection AddHoldfastTickets(this IServiceCollection services, params IReadOnlyList<string> schemes)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(schemes);
        services.TryAddSingleton<TicketServices>();
        services.TryAddSingleton<SessionDirectory>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<CookieAuthenticationOptions>, TicketSchemes>());
        services.Configure<TicketSchemes.Names>(names => names.All.UnionWith(schemes));
        return services;
    }

    /// <summary>
    /// Moves sessions of ASP.NET Core's own middleware, each when its client first comes: what it holds in the registered <c>IDistributedCache</c> goes into a session of
    /// Holdfast's, with the request's commit, and is deleted there with the client's next request. It needs the data-protection ring and application name that the
    /// session's cookie was protected under. Take it out once the last of those sessions has expired.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="cookieName">The name of the cookie of the sessions that are moved.</param>
    public static IServiceCollection AddHoldfastSessionMove(this IServiceCollection services, string cookieName = ".AspNetCore.Session")
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(cookieName);
        services.TryAddSingleton(provider => new StockSession(
            provider.GetRequiredService<IDistributedCache>(), provider.GetRequiredService<IDataProtectionProvider>(), cookieName));
        return services;
    }

    /// <summary>
    /// Keeps the data-protection ring in the state plane, in the record <c>keyring/default</c>, so that every instance opens
    /// what another protected. However many instances start together on an empty ring, one key is created. Keys are
    /// encrypted under the certificate of <see cref="HoldfastOptions.KeyCertificates"/>, if there is one.
    /// </summary>
    /// <param name="services">The application's services.</param>
    public static IServiceCollection AddHoldfastDataProtection(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddDataProtection();
        services.TryAddSingleton<StateKeyRepository>();
        services.TryAddSingleton<KeyCertificates>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<HoldfastOptions>, KeyCertificateConfiguration>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HoldfastOptions>, KeyCertificateValidation>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<KeyManagementOptions>, KeyEncryption>());
        services.AddHostedService<KeyRingOpening>();
        services.AddOptions<KeyManagementOptions>()
            .Configure<StateKeyRepository>(static (options, repository) => options.XmlRepository = repository);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<DataProtectionOptions>, SharedDiscriminator>());
        return services;
    }
}
