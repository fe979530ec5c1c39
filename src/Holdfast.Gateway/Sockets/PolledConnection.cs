using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Gateway.Sockets;

/// <summary>
/// A client's connection, as Kestrel asks for it. What comes is received when the server asks for it and not ahead, and what it sends goes to the kernel at once. The server has its
/// own objects for a connection, a hundred of them; when a client is silent between two requests they can be let go while the connection stays (<see cref="TryRest"/>).
/// </summary>
internal sealed class PolledConnection
    : ConnectionContext, IConnectionSocketFeature, IMemoryPoolFeature, IConnectionLifetimeFeature, IConnectionItemsFeature, IConnectionIdFeature, IConnectionTransportFeature,
        IConnectionEndPointFeature, IDuplexPipe
{
    private static long lastId;
    private readonly PolledSocket socket;
    private readonly Action<PolledSocket> rest;
    private readonly CancellationTokenSource closed = new();
    private readonly FeatureCollection features = new(initialCapacity: 12);
    private readonly ClientInput input;
    private readonly PolledOutput output;
    private readonly ILogger logger;
    private IDictionary<object, object?>? items;
    private string? id;
    private int isOver;

    /// <param name="socket">The connection's, and closed with it unless it rests.</param>
    /// <param name="memory">Where what is received and what is to be sent is kept.</param>
    /// <param name="rest">Takes the socket over when it rests.</param>
    /// <param name="logger">For what goes wrong.</param>
    public PolledConnection(PolledSocket socket, MemoryPool<byte> memory, Action<PolledSocket> rest, ILogger logger)
    {
        (this.socket, this.rest, this.logger, MemoryPool) = (socket, rest, logger, memory);
        (LocalEndPoint, RemoteEndPoint) = (socket.Socket.LocalEndPoint, socket.Socket.RemoteEndPoint);
        input = new ClientInput(PipeReader.Create(new PolledStream(socket), new StreamPipeReaderOptions(memory, leaveOpen: true, useZeroByteReads: true)));
        output = new PolledOutput(socket, memory, OnEnded);
        Transport = this;
        ConnectionClosed = closed.Token;
        features.Set<IConnectionSocketFeature>(this);
        features.Set<IMemoryPoolFeature>(this);
        features.Set<IConnectionLifetimeFeature>(this);
        features.Set<IConnectionItemsFeature>(this);
        features.Set<IConnectionIdFeature>(this);
        features.Set<IConnectionTransportFeature>(this);
        features.Set<IConnectionEndPointFeature>(this);
        features.Set(this);
        socket.WhenEnded(OnEnded);
    }

    public PipeReader Input => input;

    public PipeWriter Output => output;

    public override IDuplexPipe Transport { get; set; }

    public override string ConnectionId
    {
        get => id ??= Interlocked.Increment(ref lastId).ToString(CultureInfo.InvariantCulture);
        set => id = value;
    }

    public override IFeatureCollection Features => features;

    public override IDictionary<object, object?> Items
    {
        get => items ??= new ConnectionItems();
        set => items = value;
    }

    public override CancellationToken ConnectionClosed { get; set; }

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    public MemoryPool<byte> MemoryPool { get; }

    public Socket Socket => socket.Socket;

    /// <summary>
    /// Has the server end what it has for the connection, as if the client had ended it, if it is waiting for a request of which nothing has come. The connection itself stays, and the client notices nothing.
    /// Returns whether it does so. A connection over which something else is spoken than HTTP/1.1 in plain text does not rest.
    /// </summary>
    public bool TryRest() => socket.TryInterrupt(() => !input.HasBegun);

    /// <summary>The request that was read last is answered: what is read from now on belongs to the next.</summary>
    public void RequestEnded() => input.HasBegun = false;

    public override void Abort(ConnectionAbortedException abortReason)
    {
        // At rest the connection is not the server's any more.
        if (Volatile.Read(ref isOver) == 0)
        {
            socket.Dispose();
            OnEnded();
        }
    }

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isOver, 1) == 0)
        {
            socket.WhenEnded(null);
            output.Complete();

            // Who was told something when its connection was to rest, was told why it ends.
            if (socket.IsInterrupted && !output.WasUsedAtRest && !closed.IsCancellationRequested)
            {
                input.Complete();
                rest(socket);
            }
            else
            {
                // Before what it may still receive into is somebody else's.
                Close();
                input.Complete();
            }
        }

        return base.DisposeAsync();
    }

    private void Close()
    {
        try
        {
            if (Socket.Available > 0)
            {
                Socket.Shutdown(SocketShutdown.Send);
                _ = LingerAsync(socket, MemoryPool);
                return;
            }

            Socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // The client was first.
        }

        socket.Dispose();
    }

    /// <summary>
    /// Takes for a while what the client goes on to send, and closes the connection when it has ended it: one that is closed with something unread is reset, and that can
    /// reach the client before it has read its answer (RFC 9112, section 9.6).
    /// </summary>
    private static async Task LingerAsync(PolledSocket socket, MemoryPool<byte> memory)
    {
        using var patience = new CancellationTokenSource(GatewayLimits.LingerTime);
        using var block = memory.Rent();
        try
        {
            var left = GatewayLimits.LingerBytes;
            while (left > 0 && await socket.ReceiveAsync(block.Memory, patience.Token) is var count and > 0)
            {
                left -= count;
            }
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException)
        {
            // That was time enough, or the client has gone.
        }
        finally
        {
            socket.Dispose();
        }
    }

    /// <summary>Tells the server that the client has gone. Elsewhere: whoever learns of it has other sockets to hear.</summary>
    private void OnEnded() => ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.TellServer(), this, preferLocal: false);

    private void TellServer()
    {
        try
        {
            closed.Cancel();
        }
        catch (AggregateException fault)
        {
            Log.EndNotHeard(logger, fault);
        }
    }
}
