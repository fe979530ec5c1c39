namespace Holdfast.Cli.Supervision;

/// <summary>An instance as it should be in the registry, and as it is there.</summary>
internal sealed class RegistryEntry(ServiceDeclaration service, string id, Uri url)
{
    /// <summary>How gateways are to treat the instance's service.</summary>
    public ServiceDeclaration Service { get; private set; } = service;

    public string Id => id;

    public Uri Url => url;

    /// <summary>The state that the registry should tell.</summary>
    public InstanceState State { get; set; }

    /// <summary>The state that the registry was told; null when it was told nothing yet.</summary>
    public InstanceState? ToldState { get; set; }

    public InstanceRegistration? Registration { get; set; }

    /// <summary>Changes the service's declaration, so that what is written of the instance does not take it back.</summary>
    public void Redeclare(ServiceDeclaration declaration)
    {
        Service = declaration;
        Registration?.Declaration = declaration;
    }

    /// <summary>When the lease must be renewed, on the clock's timestamps.</summary>
    public long RenewAt { get; set; }
}
