using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.TestServers;

/// <summary>An authority that signs certificates for a test, and their files, in a folder that goes with it.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("holdfast-authority-").FullName;
    private readonly RSA key = RSA.Create(2048);
    private readonly X509Certificate2 certificate;

    /// <summary>Makes an authority, a server's certificate for a name or an address, and a client's.</summary>
    public TestAuthority(string serverName = "localhost")
    {
        var request = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        ServerName = serverName;
        certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        System.IO.File.WriteAllText(File, certificate.ExportCertificatePem());
        Sign(serverName, ServerFile, ServerKeyFile);
        Sign("client", ClientFile, ClientKeyFile);
    }

    /// <summary>The name or address that the server's certificate is for.</summary>
    public string ServerName { get; }

    /// <summary>The authority's own certificate.</summary>
    public string File => Path.Combine(folder, "ca.pem");

    public string ServerFile => Path.Combine(folder, "server.pem");

    public string ServerKeyFile => Path.Combine(folder, "server.key");

    public string ClientFile => Path.Combine(folder, "client.pem");

    public string ClientKeyFile => Path.Combine(folder, "client.key");

    public void Dispose()
    {
        certificate.Dispose();
        key.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private void Sign(string name, string certificateFile, string keyFile)
    {
        using var own = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", own, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(name);
        }

        request.CertificateExtensions.Add(names.Build());
        var serial = new byte[8];
        RandomNumberGenerator.Fill(serial);
        using var signed = request.Create(certificate, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), serial);
        System.IO.File.WriteAllText(certificateFile, signed.ExportCertificatePem());
        System.IO.File.WriteAllText(keyFile, own.ExportPkcs8PrivateKeyPem());
    }
}
