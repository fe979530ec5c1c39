namespace Holdfast.Redis;

/// <summary>How the way to the store is encrypted, beyond what the machine trusts already.</summary>
internal sealed record TlsSettings
{
    /// <summary>A PEM file of the authorities that may have signed the store's certificate; null for those that the machine trusts.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>A PEM file of the certificate that the store is shown, with what leads to its authority.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The PEM file of that certificate's key; null when it is in the same file.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The name that the store's certificate must have, if not the host's.</summary>
    public string? HostName { get; init; }
}
