using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.DataProtection;

/// <summary>Takes the certificates of the configuration, unless the application named others.</summary>
internal sealed class KeyCertificateConfiguration(IConfiguration configuration) : IPostConfigureOptions<HoldfastOptions>
{
    public void PostConfigure(string? name, HoldfastOptions options)
    {
        if (options.KeyCertificates.Count > 0)
        {
            return;
        }

        foreach (var item in configuration.GetSection("Holdfast:KeyCertificates").GetChildren())
        {
            options.KeyCertificates.Add(new KeyCertificate
            {
                Path = item[nameof(KeyCertificate.Path)] ?? "",
                PasswordFile = item[nameof(KeyCertificate.PasswordFile)],
            });
        }
    }
}
