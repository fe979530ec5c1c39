using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.DataProtection;

/// <summary>
/// Has new keys of the ring encrypted under the certificate of the options; or as the application said itself, by <c>ProtectKeysWith…</c>; or
/// not at all, which is told once, with the remedy, in place of the framework's warning at each key.
/// </summary>
internal sealed class KeyEncryption(
    KeyCertificates certificates, StateEngine engine, IHostEnvironment environment, ILogger<KeyEncryption> logger) : IPostConfigureOptions<KeyManagementOptions>
{
    private static readonly TimeSpan ExpiryNotice = TimeSpan.FromDays(30);

    public void PostConfigure(string? name, KeyManagementOptions options)
    {
        if (certificates.Encrypting is { } certificate)
        {
            options.XmlEncryptor = new KeyEncryptor(certificate, engine.Options.Entropy);
            if (certificate.NotAfter < engine.Options.Clock.GetLocalNow() + ExpiryNotice)
            {
                logger.CertificateExpires(certificate.Subject, certificate.NotAfter);
            }
        }
        else if (options.XmlEncryptor is null)
        {
            logger.KeysUnencrypted(environment.IsDevelopment() ? LogLevel.Information : LogLevel.Warning);
            options.XmlEncryptor = new NullXmlEncryptor();
        }
    }
}
