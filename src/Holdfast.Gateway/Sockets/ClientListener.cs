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
    private static readonly TimeSpan PauseWithoutDescriptors = TimeSpan.FromMilliseconds(100);
    private readonly Socket listening;
    private readonly SocketLoops loops;
    private readonly RestingClients resting;
    private readonly MemoryPool<byte> memory;
    private readonly ILogger logger;
    private readonly Channel<PolledConnection> arrived = Channel.CreateUnbounded<PolledConnection>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task accepting;

    public ClientListener(Socket listening, SocketLoops loops, RestingClients resting, MemoryPool<byte> memory, ILogger logger)
    {
        (this.listening, this.loops, this.resting, this.memory, this.logger) = (listening, loops, resting, memory, logger);
        listening.Listen(Backlog);
        EndPoint = listening.LocalEndPoint!;
        accepting = AcceptAllAsync();
    }

    public EndPoint EndPoint { get; }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await arrived.Reader.WaitToReadAsync(cancellationToken) && arrived.Reader.TryRead(out var connection) ? connection : null;

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        listening.Dispose();
        await accepting;
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
            if (arrived.Writer.TryWrite(new PolledConnection(socket, memory, Rest)))
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

        Offer(new PolledSocket(loops.Next(), client));
    }

    private async Task AcceptAllAsync()
    {
        while (true)
        {
            try
            {
                Take(await listening.AcceptAsync());
            }
            catch (Exception fault) when (fault is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted or SocketError.Interrupted })
            {
                arrived.Writer.Complete();
                return;
            }
            catch (Exception fault) when (fault is SocketException { SocketErrorCode: SocketError.TooManyOpenSockets } or IOException)
            {
                Log.NoDescriptors(logger, fault.Message);
                await Task.Delay(PauseWithoutDescriptors);
            }
            catch (SocketException)
            {
                // The client was gone before it was its turn.
            }
        }
    }
}
