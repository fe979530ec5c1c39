using System.Net;
using System.Net.Sockets;

namespace Holdfast.Node;

/// <summary>Opens the sockets that a node listens on.</summary>
internal static class NodeListener
{
    private const int Backlog = 512;

    public static Socket OnPort(IPEndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endPoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new StateException(
                exception.SocketErrorCode == SocketError.AddressAlreadyInUse
                    ? $"Port {endPoint.Port} is taken: choose another one, or 0 for a free one, or end the process that listens there."
                    : $"Can't listen on {endPoint}: {exception.Message}.",
                exception);
        }
    }

    public static Socket OnUnixSocket(string path)
    {
        var endPoint = EndPointOf(path);
        RemoveStale(path, endPoint);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(endPoint);
            if (!OperatingSystem.IsWindows())
            {
                // Nobody can connect before Listen, so the mode is right from the first moment on.
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            socket.Listen(Backlog);
            return socket;
        }
        catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new StateException($"Can't listen on {path}: {exception.Message}. The folder must exist and be writable.", exception);
        }
    }

    private static UnixDomainSocketEndPoint EndPointOf(string path)
    {
        try
        {
            return new UnixDomainSocketEndPoint(path);
        }
        catch (ArgumentException exception)
        {
            throw new StateException($"{path} can't be a Unix socket: its path must have 1 to 107 bytes. Choose a shorter one.", exception);
        }
    }

    private static void RemoveStale(string path, UnixDomainSocketEndPoint endPoint)
    {
        if (Directory.Exists(path))
        {
            throw new StateException($"{path} is a folder: name the socket's own path.");
        }

        if (!File.Exists(path))
        {
            return;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused && IsSocket(path))
        {
            File.Delete(path);
            return;
        }
        catch (SocketException exception)
        {
            throw new StateException($"{path} exists and is not a socket that a node left behind: remove it, or choose another path.", exception);
        }

        throw new StateException($"Another process listens on {path}: end it, or choose another path.");
    }

    /// <summary>A socket can't be opened as a file; everything else that this user may replace can.</summary>
    private static bool IsSocket(string path)
    {
        try
        {
            File.OpenHandle(path).Dispose();
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
