using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.DataProtection;

/// <summary>
/// Finds every problem of the certificates for the data-protection keys. The first must be of use now; the others only open what was
/// encrypted under them, so they may have expired.
/// </summary>
internal sealed class KeyCertificateValidation(IHostEnvironment environment) : IValidateOptions<HoldfastOptions>
{
    private const int MinKeyBits = 2048;

    public ValidateOptionsResult Validate(string? name, HoldfastOptions options)
    {
        var clock = options.Engine?.Clock ?? TimeProvider.System;
        var problems = new List<string>();
        for (var i = 0; i < options.KeyCertificates.Count; i++)
        {
            if (ProblemOf(options.KeyCertificates[i], i == 0 ? clock : null) is { } problem)
            {
                problems.Add($"HoldfastOptions.KeyCertificates[{i}]: {problem}");
            }
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private string? ProblemOf(KeyCertificate named, TimeProvider? encryptsBy)
    {
        if (string.IsNullOrWhiteSpace(named?.Path))
        {
            return "it has no Path. Name the certificate's file.";
        }

        var (certificate, problem) = KeyCertificateFile.Read(named, environment.ContentRootPath);
        using (certificate)
        {
            return problem ?? (encryptsBy is null ? null : ProblemOf(certificate!, named.Path, encryptsBy.GetUtcNow()));
        }
    }

    private static string? ProblemOf(X509Certificate2 certificate, string path, DateTimeOffset now)
    {
        using var key = certificate.GetRSAPrivateKey()!;
        return certificate.NotAfter < now.LocalDateTime
                ? $"{path} expired on {certificate.NotAfter.ToUniversalTime():u}. Put its successor ahead of it in the list, and keep it there to open what it encrypted."
            : certificate.NotBefore > now.LocalDateTime
                ? $"{path} is not valid before {certificate.NotBefore.ToUniversalTime():u}. Put one ahead of it that is."
            : key.KeySize < MinKeyBits
                ? $"{path} has a key of {key.KeySize} bits. Make one of at least {MinKeyBits}."
            : null;
    }
}
