using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.DataProtection;

/// <summary>The certificates of the options, read once. The first encrypts; all of them decrypt.</summary>
internal sealed class KeyCertificates(IOptions<HoldfastOptions> options, IHostEnvironment environment)
{
    private readonly Lazy<IReadOnlyList<X509Certificate2>> all = new(() =>
        [.. options.Value.KeyCertificates.Select(named => KeyCertificateFile.Read(named, environment.ContentRootPath)).Select(static read =>
            read.Certificate ?? throw new InvalidOperationException(read.Problem))]);

    /// <summary>The one that encrypts; null when there is none.</summary>
    public X509Certificate2? Encrypting => all.Value.Count > 0 ? all.Value[0] : null;

    /// <summary>The one that has this public key.</summary>
    public X509Certificate2? Find(string publicKeyHash) => all.Value.FirstOrDefault(certificate => PublicKeyHashOf(certificate) == publicKeyHash);

    /// <summary>What a certificate is known by: the SHA-256 hash of its public key, which a renewed certificate may keep.</summary>
    public static string PublicKeyHashOf(X509Certificate2 certificate) =>
        Convert.ToHexString(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
}
