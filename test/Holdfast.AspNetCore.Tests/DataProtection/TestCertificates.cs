using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.AspNetCore.Tests.DataProtection;

/// <summary>Certificates made for a test, in files of a folder that goes with it.</summary>
internal sealed class TestCertificates : IDisposable
{
    public const string Password = "open sesame";

    public string Folder { get; } = Directory.CreateTempSubdirectory("holdfast-aspnet-").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    public static X509Certificate2 Make(string name, int bits = 2048, int fromDays = -1, int toDays = 365)
    {
        using var key = RSA.Create(bits);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(fromDays), DateTimeOffset.UtcNow.AddDays(toDays));
    }

    public KeyCertificate Pfx(X509Certificate2 certificate) => new()
    {
        Path = Write(Name(certificate, ".pfx"), certificate.Export(X509ContentType.Pkcs12, Password)),
        PasswordFile = PasswordFile(),
    };

    /// <summary>As Kubernetes mounts it: the key beside the certificate.</summary>
    public KeyCertificate PemWithKeyBeside(X509Certificate2 certificate)
    {
        Write(Name(certificate, ".key"), certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return new KeyCertificate { Path = Write(Name(certificate, ".crt"), certificate.ExportCertificatePem()) };
    }

    public KeyCertificate EncryptedPem(X509Certificate2 certificate)
    {
        var protection = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);
        var key = certificate.GetRSAPrivateKey()!.ExportEncryptedPkcs8PrivateKeyPem(Password, protection);
        return new KeyCertificate
        {
            Path = Write(Name(certificate, ".pem"), certificate.ExportCertificatePem() + "\n" + key),
            PasswordFile = PasswordFile(),
        };
    }

    public string Write(string name, string text) => Write(name, System.Text.Encoding.ASCII.GetBytes(text));

    private string PasswordFile() => Write("password", Password + "\n");

    private string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static string Name(X509Certificate2 certificate, string extension) => certificate.Subject["CN=".Length..] + extension;
}
