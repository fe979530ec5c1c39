using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.Cli.Prove.Instances;

/// <summary>The authorities that signed the certificates of instances that run already.</summary>
internal static class Authorities
{
    /// <exception cref="CommandException">The file can't be read, or has none.</exception>
    public static X509Certificate2Collection Load(string file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CommandException($"{file} can't be read: {error.Message}; --ca is a file of certificates in PEM");
        }

        return authorities.Count > 0 ? authorities : throw new CommandException($"{file} has no certificate: --ca is a file of certificates in PEM");
    }
}
