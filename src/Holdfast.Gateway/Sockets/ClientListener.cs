using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Holdfast.Gateway.Sockets;

/// <summary>
/// Takes clients' connections, and gives each to a loop. A connection that rests comes in anew when its client says something: the server then makes all that it has for a connection, which
/// one at rest does without.
/// </summary>
internal sealed class ClientListener : IConnectionListener
{
    private const int Backlog = 512;

    /// <summary>So many connections that rest are closed when there are no files for those that come.</summary>
    private const int Spared = 64;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan TellingInterval = TimeSpan.FromSeconds(10);
    private readonly Socket listening;
    private readonly SocketLoops loops;
    private readonly RestingClients resting;
    private readonly MemoryPool<byte> memory;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly Channel<PolledConnection> arrived = Channel.CreateUnbounded<PolledConnection>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task accepting;
    private long? toldAt;
    private volatile bool isOver;

    public ClientListener(Socket listening, SocketLoops loops, RestingClients resting, MemoryPool<byte> memory, TimeProvider clock, ILogger logger)
    {
        (this.listening, this.loops, this.resting, this.memory, this.clock, this.logger) = (listening, loops, resting, memory, clock, logger);
        listening.Listen(Backlog);
        EndPoint = listening.LocalEndPoint!;
        accepting = AcceptAllAsync();
    }

    public EndPoint EndPoint { get; }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await arrived.Reader.WaitToReadAsync(cancellationToken) && arrived.Reader.TryRead(out var connection) ? connection : null;

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        // Not before: who comes from its rest while the gateway says farewell is still served.
        isOver = true;
        listening.Dispose();
        await accepting;
        arrived.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync();
        while (arrived.Reader.TryRead(out var unserved))
        {
            unserved.Abort();
        }

        memory.Dispose();
    }

    private void Rest(PolledSocket socket) => resting.Add(socket, Offer);

    private void Offer(PolledSocket socket)
    {
        try
        {
            if (arrived.Writer.TryWrite(new PolledConnection(socket, memory, Rest, logger)))
            {
                return;
            }
        }
        catch (SocketException)
        {
            // The client was gone before it was its turn.
        }

        socket.Dispose();
    }

    private void Take(Socket client)
    {
        try
        {
            client.NoDelay = true;
        }
        catch (SocketException)
        {
            client.Dispose();
            return;
        }

        Offer(new PolledSocket(loops.Next(), client, takesTurns: true));
    }

    private async Task AcceptAllAsync()
    {
        while (true)
        {
            try
            {
                await RoomAsync();
                Take(await listening.AcceptAsync());
            }
            catch (Exception fault) when (fault is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted or SocketError.Interrupted })
            {
                return;
            }
            catch (SocketException fault) when (fault.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            {
                // The client was gone before it was its turn.
            }
            catch (Exception fault) when (fault is SocketException or IOException)
            {
                await PauseAsync(fault.Message);
            }
        }
    }

    /// <summary>Returns once a file can be spared. Who comes is more likely to ask for something than who has been silent for longest.</summary>
    private async ValueTask RoomAsync()
    {
        while (!ProcessFiles.HasRoomForClients && resting.CloseOldest(Spared) == 0 && !isOver)
        {
            await PauseAsync("The process may open no more files.");
        }
    }

    private Task PauseAsync(string reason)
    {
        if (toldAt is not { } at || clock.GetElapsedTime(at) >= TellingInterval)
        {
            toldAt = clock.GetTimestamp();
            Log.TakesNone(logger, reason);
        }

        return Task.Delay(Pause, clock);
    }
}
