namespace Holdfast.AspNetCore;

/// <summary>
/// A certificate with its private key, an RSA key, under which the data-protection keys in the store are encrypted. Only what stands in this
/// file is used: nothing is looked up in a certificate store, and no chain is checked, so a self-signed one serves.
/// </summary>
public sealed record KeyCertificate
{
    /// <summary>
    /// The file: PKCS #12 (<c>.pfx</c>, <c>.p12</c>), or PEM with the private key in it or beside it in a file of the same name that ends
    /// in <c>.key</c>, as Kubernetes mounts <c>tls.crt</c> and <c>tls.key</c>. Relative to the content root.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>The file whose first line is the private key's password; null when it has none. Relative to the content root.</summary>
    public string? PasswordFile { get; init; }
}
