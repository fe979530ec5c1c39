using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Holdfast.Gateway.Hosting;

/// <summary>
/// Binds so that several gateways of one user share a port and the kernel spreads connections over them (SO_REUSEPORT,
/// Linux 3.9, socket(7)). Elsewhere a port has one gateway.
/// </summary>
internal sealed class ListenSockets : IDisposable
{
    private const int SolSocket = 1;
    private const int SoReusePort = 15;
    private const int SoAttachFilter = 26;

    /// <summary>
    /// A classic BPF program over a TCP segment, whose flags are the byte 13: one with SYN (2) is dropped, everything else passes. Each instruction is
    /// struct sock_filter: code (2 bytes), jump if true (1), jump if false (1), operand (4).
    /// </summary>
    private static readonly ulong[] DropSyn =
    [
        Instruction(0x30, 0, 0, 13), // Load the byte 13.
        Instruction(0x45, 0, 1, 2), // Is a bit of 2 set in it?
        Instruction(0x06, 0, 0, 0), // Yes: keep nothing.
        Instruction(0x06, 0, 0, uint.MaxValue), // No: keep all.
    ];

    private readonly ConcurrentBag<Socket> bound = [];
    private readonly Dictionary<EndPoint, Socket> held = [];

    /// <summary>
    /// Takes the ports that are to be listened on, so that one that somebody else has is told before the registry is waited for. No connection comes to a
    /// socket that does not listen: other gateways on the port get all of them meanwhile.
    /// </summary>
    /// <exception cref="IOException">The port is taken by something that does not share it.</exception>
    public void Hold(IEnumerable<IPEndPoint> endPoints)
    {
        foreach (var endPoint in endPoints.Where(static endPoint => endPoint.Port != 0))
        {
            try
            {
                held[endPoint] = Bind(endPoint);
            }
            catch (SocketException fault) when (fault.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                throw new IOException($"{endPoint} is taken by something that does not share it.", fault);
            }
        }
    }

    /// <summary>A socket that is bound there, to be listened on.</summary>
    public Socket Bind(EndPoint endPoint)
    {
        if (held.Remove(endPoint, out var kept))
        {
            return kept;
        }

        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (OperatingSystem.IsLinux())
            {
                socket.SetRawSocketOption(SolSocket, SoReusePort, BitConverter.GetBytes(1));
            }

            socket.Bind(endPoint);
            bound.Add(socket);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Has the kernel take no connection more, while those that it has taken wait to be accepted: they would be reset if the sockets were closed at
    /// once. A client whose SYN is dropped sends it again after a second, and another gateway on the port gets it then.
    /// </summary>
    public void TakeNoMore()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var program = GCHandle.Alloc(DropSyn, GCHandleType.Pinned);
        try
        {
            // struct sock_fprog: the number of instructions (2 bytes), and at the next multiple of a pointer's size where they are.
            Span<nint> filter = [DropSyn.Length, program.AddrOfPinnedObject()];
            foreach (var socket in bound)
            {
                Attach(socket, MemoryMarshal.AsBytes(filter));
            }
        }
        finally
        {
            program.Free();
        }
    }

    /// <summary>Nothing listens any more.</summary>
    public void Close()
    {
        foreach (var socket in bound)
        {
            socket.Dispose();
        }
    }

    public void Dispose() => Close();

    private static void Attach(Socket socket, ReadOnlySpan<byte> filter)
    {
        try
        {
            socket.SetRawSocketOption(SolSocket, SoAttachFilter, filter);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // A kernel that has no filters, or a socket that is closed already: what arrives in the last moment may be reset.
        }
    }

    private static ulong Instruction(ushort code, byte ifTrue, byte ifFalse, uint operand)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        MemoryMarshal.Write(bytes, code);
        (bytes[2], bytes[3]) = (ifTrue, ifFalse);
        MemoryMarshal.Write(bytes[4..], operand);
        return MemoryMarshal.Read<ulong>(bytes);
    }
}
