using System.Security.Cryptography.X509Certificates;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace Holdfast.AspNetCore.DataProtection;

/// <summary>Encrypts what the ring stores of a key.</summary>
internal sealed class KeyEncryptor(X509Certificate2 certificate, Entropy entropy) : IXmlEncryptor
{
    public EncryptedXmlInfo Encrypt(XElement plaintextElement) =>
        new(KeyEnvelope.Seal(plaintextElement, certificate, entropy), typeof(KeyDecryptor));
}
