using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Holdfast.Redis;

/// <summary>Makes the way to the store: a socket, and TLS on it if the address says so.</summary>
internal static class Dialer
{
    public static async Task<Stream> ConnectAsync(RedisAddress address, CancellationToken cancellationToken)
    {
        var socket = address.SocketPath is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(address.EndPoint, cancellationToken).ConfigureAwait(false);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            return address.IsTls ? await EncryptAsync(stream, address.Host, cancellationToken).ConfigureAwait(false) : stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Stream> EncryptAsync(Stream stream, string host, CancellationToken cancellationToken)
    {
        var encrypted = new SslStream(stream);
        try
        {
            await encrypted.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host }, cancellationToken)
                .ConfigureAwait(false);
            return encrypted;
        }
        catch (AuthenticationException error)
        {
            throw new StateMismatchException(
                $"The certificate of the store at {host} is not accepted: name the host as its certificate does, and let this machine trust who signed it. {error.Message}",
                error);
        }
    }
}
