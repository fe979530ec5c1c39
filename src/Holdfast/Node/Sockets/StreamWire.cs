using System.Net.Security;
using System.Net.Sockets;

namespace Holdfast.Node;

/// <summary>A client's socket as .NET serves it, and TLS on it if there is <paramref name="encryption"/>.</summary>
internal sealed class StreamWire(Socket socket, SslServerAuthenticationOptions? encryption) : ClientWire
{
    private SslStream? encrypted;

    /// <summary>Agrees on TLS.</summary>
    public override Task OpenAsync()
    {
        if (encryption is null)
        {
            return Task.CompletedTask;
        }

        encrypted = new SslStream(new NetworkStream(socket, ownsSocket: false));
        return encrypted.AuthenticateAsServerAsync(encryption);
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> room) =>
        encrypted is null ? socket.ReceiveAsync(room, SocketFlags.None) : encrypted.ReadAsync(room);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => encrypted is null ? SendPlainAsync(bytes) : encrypted.WriteAsync(bytes);

    public override void StopReceiving()
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

    public override async ValueTask EndSendingAsync()
    {
        if (encrypted is not null)
        {
            await encrypted.ShutdownAsync().ConfigureAwait(false);
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Closes the socket: whoever is receiving or sending fails.</summary>
    public override void Cut() => socket.Dispose();

    public override void Dispose()
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
