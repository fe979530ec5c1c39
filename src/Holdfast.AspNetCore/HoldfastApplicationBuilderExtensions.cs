using Holdfast.AspNetCore.Requests;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds Holdfast to a request pipeline.</summary>
public static class HoldfastApplicationBuilderExtensions
{
    /// <summary>
    /// Gives the requests from here on their session and state, and commits what they changed, once, ahead of the first
    /// byte of the response. Stand it after what handles exceptions, compresses, redirects to HTTPS or adds headers to every
    /// response, and before what uses the session: authentication, MVC, endpoints. Not with <c>UseSession</c>.
    /// </summary>
    /// <param name="app">The application.</param>
    /// <exception cref="InvalidOperationException">Holdfast's services are not registered.</exception>
    public static IApplicationBuilder UseHoldfast(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var isService = app.ApplicationServices.GetService<IServiceProviderIsService>();
        return isService is not null && isService.IsService(typeof(StateServices))
            ? app.UseMiddleware<StateMiddleware>()
            : throw new InvalidOperationException("app.UseHoldfast() needs its services: call builder.AddHoldfast() before building the application.");
    }
}
