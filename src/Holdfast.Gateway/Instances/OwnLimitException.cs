using System.Net.Sockets;

namespace Holdfast.Gateway.Instances;

/// <summary>No connection to an instance could be opened because of a limit of the gateway's own, of its process or of its machine.</summary>
internal sealed class OwnLimitException(string reason, Exception? cause = null) : IOException($"No connection can be opened for the moment. {reason}", cause)
{
    /// <summary>Whether files, ports or memory were short.</summary>
    public static bool Is(Exception fault) => fault is SocketException
    {
        SocketErrorCode: SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable or SocketError.AddressNotAvailable,
    }
    or IOException { InnerException: SocketException { SocketErrorCode: SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable } };
}
