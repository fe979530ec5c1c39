using System.Net.Sockets;

namespace Holdfast.Node;

/// <summary>The way to a client. One may receive while another sends.</summary>
internal abstract class ClientWire : IDisposable
{
    /// <summary>Whether this thread serves many clients, and at the end of the round has written to the log what they have begun.</summary>
    public virtual bool IsInRound => false;

    /// <summary>Whether the exception says that the client is gone, broke the encryption or was cut.</summary>
    public static bool IsBroken(Exception exception) => exception is SocketException or ObjectDisposedException or IOException;

    /// <summary>Makes the wire ready, before anything is received or sent.</summary>
    public virtual Task OpenAsync() => Task.CompletedTask;

    /// <summary>Receives what has come, 0 bytes when the client sends no more, and either 0 or a failure once the wire is cut.</summary>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> room);

    /// <summary>Sends all of it.</summary>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Receives nothing any more.</summary>
    public abstract void StopReceiving();

    /// <summary>Tells the client that nothing more will be sent.</summary>
    public abstract ValueTask EndSendingAsync();

    /// <summary>Ends the connection, whoever is receiving or sending.</summary>
    public abstract void Cut();

    /// <summary>Closes the connection and gives back what it holds. Nobody may be receiving.</summary>
    public abstract void Dispose();
}
