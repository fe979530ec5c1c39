namespace Holdfast.Cli.Supervision;

/// <summary>An instance as it should be in the registry, and as it is there.</summary>
internal sealed class RegistryEntry(ServiceDeclaration service, string id, Uri url)
{
    public ServiceDeclaration Service => service;

    public string Id => id;

    public Uri Url => url;

    /// <summary>The state that the registry should tell.</summary>
    public InstanceState State { get; set; }

    /// <summary>The state that the registry was told; null when it was told nothing yet.</summary>
    public InstanceState? ToldState { get; set; }

    public InstanceRegistration? Registration { get; set; }

    /// <summary>When the lease must be renewed, on the clock's timestamps.</summary>
    public long RenewAt { get; set; }
}
