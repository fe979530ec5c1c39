namespace Holdfast;

/// <summary>Every service and its instances, as they were known at one time. Equal to another when everything in it is.</summary>
public sealed class RegistrySnapshot : IEquatable<RegistrySnapshot>
{
    /// <summary>Makes one; the registry does this, and tests of what follows it.</summary>
    /// <param name="services">The services.</param>
    public RegistrySnapshot(IReadOnlyList<RegisteredService> services)
    {
        ArgumentNullException.ThrowIfNull(services);
        Services = services;
    }

    /// <summary>The services, in the order of their names.</summary>
    public IReadOnlyList<RegisteredService> Services { get; }

    /// <summary>The service of this name, or null.</summary>
    public RegisteredService? this[string name] => Services.FirstOrDefault(service => service.Name == name);

    /// <inheritdoc/>
    public bool Equals(RegistrySnapshot? other) => other is not null && Services.SequenceEqual(other.Services);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RegistrySnapshot);

    /// <inheritdoc/>
    public override int GetHashCode() => Services.Count;
}
