using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.AspNetCore.DataProtection;

/// <summary>Opens what <see cref="KeyEncryptor"/> encrypted. The ring names this type, and the framework makes it: it must keep its name and constructor.</summary>
internal sealed class KeyDecryptor : IXmlDecryptor
{
    /// <summary>
    /// The type as the ring names it: without the assembly's version, so that releases that run side by side find it.
    /// </summary>
    public static readonly string NameInRing = $"{typeof(KeyDecryptor).FullName}, {typeof(KeyDecryptor).Assembly.GetName().Name}";

    private readonly KeyCertificates certificates;

    public KeyDecryptor(IServiceProvider services) => certificates = services.GetRequiredService<KeyCertificates>();

    public XElement Decrypt(XElement encryptedElement) => KeyEnvelope.Open(encryptedElement, certificates);
}
