using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Xml.Linq;

namespace Holdfast.AspNetCore.DataProtection;

/// <summary>
/// An element of the ring encrypted under a certificate, as it stands in the ring, version 1:
/// <code>
/// &lt;sealedKey version="1" publicKey="SHA-256 of the certificate's public key" subject="CN=…"&gt;
///   &lt;wrapped&gt;a random key of 256 bits, by RSA-OAEP-SHA256&lt;/wrapped&gt;
///   &lt;content&gt;nonce (12) | the element as UTF-8 by AES-256-GCM under that key | tag (16)&lt;/content&gt;
/// &lt;/sealedKey&gt;
/// </code>
/// </summary>
/// <remarks>
/// The framework's own CertificateXmlEncryptor takes AES-CBC without authentication and RSA by PKCS #1 v1.5 (XML Encryption 1.0), and looks certificates up
/// in the machine's store, so that what is missing shows as "Keyset does not exist".
/// </remarks>
internal static class KeyEnvelope
{
    private const string Version = "1";
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private static readonly byte[] Purpose = Encoding.ASCII.GetBytes("Holdfast.AspNetCore data-protection key, version 1");

    public static XElement Seal(XElement element, X509Certificate2 certificate, Entropy entropy)
    {
        var plain = Encoding.UTF8.GetBytes(element.ToString(SaveOptions.DisableFormatting));
        Span<byte> key = stackalloc byte[32];
        entropy.Fill(key);
        var content = new byte[NonceBytes + plain.Length + TagBytes].AsSpan();
        entropy.Fill(content[..NonceBytes]);
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Encrypt(content[..NonceBytes], plain, content[NonceBytes..^TagBytes], content[^TagBytes..], Purpose);
        using var rsa = certificate.GetRSAPublicKey()!;
        return new XElement(
            "sealedKey",
            new XAttribute("version", Version),
            new XAttribute("publicKey", KeyCertificates.PublicKeyHashOf(certificate)),
            new XAttribute("subject", certificate.Subject),
            new XElement("wrapped", Convert.ToBase64String(rsa.Encrypt(key, RSAEncryptionPadding.OaepSHA256))),
            new XElement("content", Convert.ToBase64String(content)));
    }

    /// <exception cref="CryptographicException">There is no certificate for it, or it was altered.</exception>
    public static XElement Open(XElement sealedKey, KeyCertificates certificates)
    {
        if ((string?)sealedKey.Attribute("version") != Version)
        {
            throw new CryptographicException("This data-protection key was encrypted by a later release of Holdfast.");
        }

        var certificate = certificates.Find((string?)sealedKey.Attribute("publicKey") ?? "") ?? throw new CryptographicException(
            $"This data-protection key is encrypted under the certificate '{(string?)sealedKey.Attribute("subject")}', which HoldfastOptions.KeyCertificates does not have. Add it to the list.");
        using var rsa = certificate.GetRSAPrivateKey()!;
        var key = rsa.Decrypt(Convert.FromBase64String(sealedKey.Element("wrapped")?.Value ?? ""), RSAEncryptionPadding.OaepSHA256);
        var content = Convert.FromBase64String(sealedKey.Element("content")?.Value ?? "").AsSpan();
        if (content.Length < NonceBytes + TagBytes)
        {
            throw new CryptographicException("An encrypted data-protection key is cut short.");
        }

        var plain = new byte[content.Length - NonceBytes - TagBytes];
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Decrypt(content[..NonceBytes], content[NonceBytes..^TagBytes], content[^TagBytes..], plain, Purpose);
        return XElement.Parse(Encoding.UTF8.GetString(plain));
    }
}
