namespace Holdfast;

/// <summary>A service as the registry tells it. Equal to another when everything in it is.</summary>
public sealed class RegisteredService : IEquatable<RegisteredService>
{
    /// <summary>Makes one; the registry does this, and tests of what follows it.</summary>
    /// <param name="declaration">What was declared.</param>
    /// <param name="instances">The instances whose lease holds.</param>
    public RegisteredService(ServiceDeclaration declaration, IReadOnlyList<RegisteredInstance> instances)
    {
        ArgumentNullException.ThrowIfNull(declaration);
        ArgumentNullException.ThrowIfNull(instances);
        Declaration = declaration;
        Instances = instances;
    }

    /// <summary>The service's name, its routes and its health path.</summary>
    public ServiceDeclaration Declaration { get; }

    /// <summary>The service's name.</summary>
    public string Name => Declaration.Name;

    /// <summary>The instances whose lease holds, in the order of their ids.</summary>
    public IReadOnlyList<RegisteredInstance> Instances { get; }

    /// <inheritdoc/>
    public bool Equals(RegisteredService? other) =>
        other is not null && Declaration.Equals(other.Declaration) && Instances.SequenceEqual(other.Instances);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RegisteredService);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Declaration, Instances.Count);
}
