using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.Engine;

/// <summary>Adds the health check once, however often the engine is registered, and not beside one of the application's own of that name.</summary>
internal sealed class EngineHealthRegistration : IPostConfigureOptions<HealthCheckServiceOptions>
{
    public void PostConfigure(string? name, HealthCheckServiceOptions options)
    {
        // Names that differ by case alone are one to the service.
        if (!options.Registrations.Any(static registration => registration.Name.Equals(EngineHealth.Name, StringComparison.OrdinalIgnoreCase)))
        {
            options.Registrations.Add(new HealthCheckRegistration(
                EngineHealth.Name, static provider => new EngineHealth(provider.GetRequiredService<StateEngine>()), HealthStatus.Degraded, tags: null));
        }
    }
}
