using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Holdfast.Sockets;

/// <summary>Linux's epoll(7) and what goes with it: tells which of many sockets have something to do. Sockets are told by their descriptors, and at edges.</summary>
internal sealed unsafe partial class Epoll : IDisposable
{
    /// <summary>How many pieces are sent at a time.</summary>
    public const int MaxPieces = 8;

    private const int MaxEvents = 256;
    private const int Interrupted = 4;
    private const int WouldBlock = 11;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int Add = 1;
    private const int DontWaitNoSignal = 0x4040;

    /// <summary>The kernel packs its event on x86-64, and nowhere else.</summary>
    private static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private readonly byte[] events = GC.AllocateArray<byte>(MaxEvents * EventBytes, pinned: true);
    private readonly int file;
    private readonly int alarm;

    /// <exception cref="IOException">The process may open no more files.</exception>
    public Epoll()
    {
        file = CreateEpoll(CloseOnExec);
        if (file < 0)
        {
            throw Fault("Waiting for sockets");
        }

        alarm = CreateAlarm(0, CloseOnExec | NonBlocking);
        try
        {
            Watch(alarm, tag: 0);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether this system has it.</summary>
    public static bool IsSupported =>
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>Tells of what happens to a socket from now on, and of what is so already. Closing it ends that.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="tag">What its events bear: an event may be told when the socket is closed already, and another has its descriptor.</param>
    public void Watch(Socket socket, int tag = 0) => Watch((int)socket.SafeHandle.DangerousGetHandle(), tag);

    /// <summary>Waits until something happens, or only looks; answers how many events there are.</summary>
    public int Wait(bool onlyLooks)
    {
        int count;
        fixed (byte* first = events)
        {
            count = WaitForEvents(file, first, MaxEvents, onlyLooks ? 0 : -1);
        }

        return count >= 0 ? count
            : Marshal.GetLastPInvokeError() == Interrupted ? 0
            : throw Fault("Waiting for sockets");
    }

    /// <summary>The socket of an event of the last <see cref="Wait"/>, its tag, and what happened to it; null for <see cref="Wake"/>.</summary>
    public (int Socket, int Tag, SocketEvents Events)? Event(int index)
    {
        var at = events.AsSpan(index * EventBytes, EventBytes);
        var socket = BinaryPrimitives.ReadInt32LittleEndian(at[(EventBytes - sizeof(long))..]);
        if (socket != alarm)
        {
            return (socket, BinaryPrimitives.ReadInt32LittleEndian(at[(EventBytes - sizeof(int))..]), (SocketEvents)BinaryPrimitives.ReadUInt32LittleEndian(at));
        }

        ulong times;
        _ = ReadAlarm(alarm, &times, sizeof(ulong));
        return null;
    }

    /// <summary>Ends the <see cref="Wait"/> under way, or the next.</summary>
    public void Wake()
    {
        var once = 1UL;
        _ = WriteAlarm(alarm, &once, sizeof(ulong));
    }

    public void Dispose()
    {
        _ = Close(alarm);
        _ = Close(file);
    }

    /// <summary>Receives what has come, without waiting; 0 when the peer sends no more, and -1 when nothing has come yet.</summary>
    /// <exception cref="IOException">The connection is broken.</exception>
    public static int Receive(SafeSocketHandle socket, Span<byte> room)
    {
        fixed (byte* start = room)
        {
            return Outcome(Receive(socket, start, (nuint)room.Length, DontWaitNoSignal), "Receiving");
        }
    }

    /// <summary>Sends as much as the socket takes at once; -1 when it takes nothing yet.</summary>
    /// <exception cref="IOException">The connection is broken.</exception>
    public static int Send(SafeSocketHandle socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            return Outcome(Send(socket, start, (nuint)bytes.Length, DontWaitNoSignal), "Sending");
        }
    }

    /// <summary>The same of several pieces, one after the other, of which the system takes up to <see cref="MaxPieces"/> at a time.</summary>
    /// <exception cref="IOException">The connection is broken.</exception>
    public static int Send(SafeSocketHandle socket, ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        if (pieces.Length > MaxPieces)
        {
            pieces = pieces[..MaxPieces];
        }

        var pins = default(Pins);
        var vector = stackalloc Piece[MaxPieces];
        try
        {
            for (var i = 0; i < pieces.Length; i++)
            {
                pins[i] = pieces[i].Pin();
                vector[i] = new Piece { Start = pins[i].Pointer, Bytes = (nuint)pieces[i].Length };
            }

            var message = new Message { Pieces = vector, Count = (nuint)pieces.Length };
            return Outcome(Send(socket, &message, DontWaitNoSignal), "Sending");
        }
        finally
        {
            for (var i = 0; i < pieces.Length; i++)
            {
                pins[i].Dispose();
            }
        }
    }

    private static int Outcome(nint count, string what) =>
        count >= 0 ? (int)count
        : Marshal.GetLastPInvokeError() is WouldBlock or Interrupted ? -1
        : throw Fault(what);

    private void Watch(int socket, int tag)
    {
        var wanted = stackalloc byte[EventBytes];
        var bytes = new Span<byte>(wanted, EventBytes);
        bytes.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)SocketEvents.All);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[(EventBytes - sizeof(long))..], socket);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[(EventBytes - sizeof(int))..], tag);
        if (Control(file, Add, socket, wanted) < 0)
        {
            throw Fault("Watching a socket");
        }
    }

    private static IOException Fault(string what)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{what} failed: {Marshal.GetPInvokeErrorMessage(error)}.", new SocketException((int)KindOf(error)));
    }

    /// <summary>What .NET calls an error of Linux (errno(3)) that tells how a connection ended, or what there is too little of.</summary>
    private static SocketError KindOf(int error) => error switch
    {
        12 or 28 or 105 => SocketError.NoBufferSpaceAvailable,
        23 or 24 => SocketError.TooManyOpenSockets,
        32 => SocketError.Shutdown,
        103 => SocketError.ConnectionAborted,
        104 => SocketError.ConnectionReset,
        110 => SocketError.TimedOut,
        _ => SocketError.SocketError,
    };

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int CreateEpoll(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int file, int operation, int socket, byte* wanted);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int WaitForEvents(int file, byte* events, int maxEvents, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int CreateAlarm(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint ReadAlarm(int file, ulong* value, nuint bytes);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint WriteAlarm(int file, ulong* value, nuint bytes);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(SafeSocketHandle socket, byte* room, nuint bytes, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(SafeSocketHandle socket, byte* bytes, nuint count, int flags);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint Send(SafeSocketHandle socket, Message* message, int flags);

    /// <summary>struct iovec (readv(2)).</summary>
    private struct Piece
    {
        public void* Start;
        public nuint Bytes;
    }

    /// <summary>struct msghdr (sendmsg(2)) of 64-bit systems, without an address and without control messages.</summary>
    private struct Message
    {
        public void* Name;
        public nuint NameBytes;
        public Piece* Pieces;
        public nuint Count;
        public void* Control;
        public nuint ControlBytes;
        public nint Flags;
    }

    [InlineArray(MaxPieces)]
    private struct Pins
    {
        private MemoryHandle first;
    }
}
