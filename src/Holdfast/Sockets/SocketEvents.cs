namespace Holdfast.Sockets;

/// <summary>What happens to a socket, as epoll(7) numbers it.</summary>
[Flags]
internal enum SocketEvents : uint
{
    /// <summary>Something has come.</summary>
    Input = 1,

    /// <summary>There is room to send.</summary>
    Room = 4,

    /// <summary>The connection is broken.</summary>
    Error = 8,

    /// <summary>Neither side sends any more.</summary>
    End = 0x10,

    /// <summary>The peer sends no more.</summary>
    PeerEnd = 0x2000,

    /// <summary>Each change is told once.</summary>
    Edges = 0x80000000,

    /// <summary>What is asked for: errors and ends are told of in any case.</summary>
    All = Input | Room | PeerEnd | Edges,
}
