using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.AspNetCore.DataProtection;

/// <summary>Reads certificates with their private keys from files.</summary>
internal static class KeyCertificateFile
{
    private const string PemStart = "-----BEGIN";
    private const string PemKey = "PRIVATE KEY-----";

    /// <summary>The certificate, or what is the matter and what to do about it.</summary>
    public static (X509Certificate2? Certificate, string? Problem) Read(KeyCertificate named, string folder)
    {
        var path = Path.Combine(folder, named.Path ?? "");
        try
        {
            var password = named.PasswordFile is { } file ? File.ReadLines(Path.Combine(folder, file)).FirstOrDefault() ?? "" : null;
            var certificate = IsPem(path) ? ReadPem(path, password) : X509CertificateLoader.LoadPkcs12FromFile(path, password, Storage);
            var problem = certificate is null ? NoPrivateKey(path) : ProblemOf(certificate, path);
            return problem is null ? (certificate, null) : (null, problem);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return (null, $"{fault.Message} Name a file that this process may read.");
        }
        catch (CryptographicException fault)
        {
            var remedy = named.PasswordFile is null ? "if its private key has a password, name a file that holds it as PasswordFile" : $"does {named.PasswordFile} hold its password?";
            return (null, $"{path} can't be read as a certificate with its private key ({fault.Message}): {remedy}.");
        }
    }

    private static X509KeyStorageFlags Storage =>
        OperatingSystem.IsMacOS() ? X509KeyStorageFlags.DefaultKeySet : X509KeyStorageFlags.EphemeralKeySet;

    private static bool IsPem(string path)
    {
        Span<byte> start = stackalloc byte[PemStart.Length];
        using var file = File.OpenRead(path);
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length
            && System.Text.Encoding.ASCII.GetString(start) == PemStart;
    }

    /// <summary>The certificate; null when there is no private key with it.</summary>
    private static X509Certificate2? ReadPem(string path, string? password)
    {
        var beside = Path.ChangeExtension(path, ".key");
        var keyPath = beside != path && File.Exists(beside) ? beside : null;
        if (!File.ReadAllText(keyPath ?? path).Contains(PemKey, StringComparison.Ordinal))
        {
            return null;
        }

        return password is null
            ? X509Certificate2.CreateFromPemFile(path, keyPath)
            : X509Certificate2.CreateFromEncryptedPemFile(path, password, keyPath);
    }

    private static string? ProblemOf(X509Certificate2 certificate, string path)
    {
        using var key = certificate.GetRSAPrivateKey();
        return key is not null ? null
            : certificate.HasPrivateKey ? $"{path} has no RSA key. Make a certificate with one of at least 2048 bits."
            : NoPrivateKey(path);
    }

    private static string NoPrivateKey(string path) =>
        $"{path} holds no private key. Export the certificate with it, or put it beside the file as {Path.ChangeExtension(path, ".key")}.";
}
