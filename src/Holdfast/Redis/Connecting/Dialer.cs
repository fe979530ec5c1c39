using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.Redis;

/// <summary>Makes the way to a server: a socket, and TLS on it if the address says so.</summary>
internal static class Dialer
{
    public static async Task<Stream> ConnectAsync(RedisAddress address, CancellationToken cancellationToken)
    {
        var place = address.Place;
        var socket = place.SocketPath is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(place.EndPoint, cancellationToken).ConfigureAwait(false);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            return address.Tls is { } tls ? await EncryptAsync(stream, place, tls, cancellationToken).ConfigureAwait(false) : stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Stream> EncryptAsync(Stream stream, RedisPlace place, TlsSettings tls, CancellationToken cancellationToken)
    {
        var name = tls.HostName ?? place.Host;
        var problems = SslPolicyErrors.None;
        var encrypted = new SslStream(stream, leaveInnerStreamOpen: false, (_, _, _, found) => (problems = found) == SslPolicyErrors.None);
        try
        {
            await encrypted.AuthenticateAsClientAsync(OptionsFor(name, tls), cancellationToken).ConfigureAwait(false);
            return encrypted;
        }
        catch (OperationCanceledException error)
        {
            throw new StateUnavailableException($"{place} said nothing when it was spoken to in TLS: if it does not speak it, begin the connection string with redis://, or name the port on which it does.", error);
        }
        catch (AuthenticationException error) when (problems != SslPolicyErrors.None)
        {
            throw new StateMismatchException(WhyNotAccepted(place, name, tls, problems), error);
        }
        catch (Exception error) when (error is AuthenticationException or IOException && error.Message.Contains("frame", StringComparison.OrdinalIgnoreCase))
        {
            throw new StateMismatchException($"{place} does not answer in TLS: begin the connection string with redis://, or name the port on which the server speaks TLS.", error);
        }
        catch (AuthenticationException error)
        {
            throw new StateMismatchException($"{place} and this machine agree on no way to encrypt: {error.Message} {error.InnerException?.Message}", error);
        }
    }

    // The files are read for each connection, so that certificates that were renewed come into use by themselves.
    private static SslClientAuthenticationOptions OptionsFor(string name, TlsSettings tls)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = name };
        if (tls.AuthorityFile is { } authorities)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(Read(authorities, "ca", AuthoritiesIn));
            options.CertificateChainPolicy = policy;
        }

        if (tls.CertificateFile is { } certificate)
        {
            var own = Read(certificate, "cert and key", file => X509Certificate2.CreateFromPemFile(file, tls.KeyFile ?? file));
            options.ClientCertificateContext = SslStreamCertificateContext.Create(own, Read(certificate, "cert", AuthoritiesIn), offline: true);
        }

        return options;
    }

    private static X509Certificate2Collection AuthoritiesIn(string file)
    {
        var found = new X509Certificate2Collection();
        found.ImportFromPemFile(file);
        return found.Count > 0 ? found : throw new CryptographicException("it holds no certificate");
    }

    private static T Read<T>(string file, string setting, Func<string, T> read)
    {
        try
        {
            return read(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new StateMismatchException(
                $"The file {file}, which the connection string names as {setting}, can't be used: give the path of a PEM file that this process may read. {error.Message}",
                error);
        }
    }

    private static string WhyNotAccepted(RedisPlace place, string name, TlsSettings tls, SslPolicyErrors problems)
    {
        var remedy = problems.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
            ? $"it is not for the name {name}. Name the host as its certificate does, or add ?host=NAME"
            : tls.AuthorityFile is null
                ? "this machine does not trust who signed it, or it is out of date. Name the authority's file with ?ca=FILE, or let the machine trust it"
                : $"no authority in {tls.AuthorityFile} signed it, or it is out of date. Name the file of the authority that did with ?ca=FILE";
        return $"The certificate of the store at {place} is not accepted: {remedy}.";
    }
}
