using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.Cli.Node;

/// <summary>The node's certificate, from PEM files.</summary>
internal static class NodeCertificate
{
    /// <summary>Loads the certificate with its key, and those that follow it in the file.</summary>
    /// <exception cref="ArgumentException">The files hold no certificate with its key; the message names the remedy.</exception>
    public static SslStreamCertificateContext Load(string certificateFile, string keyFile)
    {
        try
        {
            var certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(certificateFile);
            chain.RemoveAt(0);
            return SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }
        catch (CryptographicException exception)
        {
            throw new ArgumentException(
                $"{certificateFile} and {keyFile} are no certificate with its key ({exception.Message.TrimEnd('.')}): "
                + "both are PEM files, the key without a passphrase.",
                exception);
        }
    }
}
