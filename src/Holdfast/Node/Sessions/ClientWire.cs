using System.Net.Security;
using System.Net.Sockets;

namespace Holdfast.Node;

/// <summary>The way to a client: a socket, and TLS on it if the node has a certificate. One may receive while another sends.</summary>
internal sealed class ClientWire(Socket socket) : IDisposable
{
    private SslStream? encrypted;

    /// <summary>Whether the exception says that the client is gone, broke the encryption or was cut.</summary>
    public static bool IsBroken(Exception exception) => exception is SocketException or ObjectDisposedException or IOException;

    /// <summary>Agrees on TLS, before anything else is received or sent.</summary>
    public Task EncryptAsync(SslServerAuthenticationOptions options)
    {
        encrypted = new SslStream(new NetworkStream(socket, ownsSocket: false));
        return encrypted.AuthenticateAsServerAsync(options);
    }

    /// <summary>Receives what has come, 0 bytes when the client sends no more.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> room, CancellationToken cancellationToken = default) =>
        encrypted is null
            ? socket.ReceiveAsync(room, SocketFlags.None, cancellationToken)
            : encrypted.ReadAsync(room, cancellationToken);

    /// <summary>Sends all of it.</summary>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => encrypted is null ? SendPlainAsync(bytes) : encrypted.WriteAsync(bytes);

    /// <summary>Receives nothing any more.</summary>
    public void StopReceiving()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Receive);
        }
        catch (Exception exception) when (IsBroken(exception))
        {
            // It is closed already.
        }
    }

    /// <summary>Tells the client that nothing more will be sent.</summary>
    public async ValueTask EndSendingAsync()
    {
        if (encrypted is not null)
        {
            await encrypted.ShutdownAsync().ConfigureAwait(false);
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Closes the connection: whoever is receiving or sending fails.</summary>
    public void Cut() => socket.Dispose();

    /// <summary>Gives back what the encryption holds. Nobody may be receiving.</summary>
    public void Dispose()
    {
        socket.Dispose();
        encrypted?.Dispose();
    }

    private async ValueTask SendPlainAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var sent = await socket.SendAsync(bytes, SocketFlags.None, CancellationToken.None).ConfigureAwait(false);
            bytes = bytes[sent..];
        }
    }
}
