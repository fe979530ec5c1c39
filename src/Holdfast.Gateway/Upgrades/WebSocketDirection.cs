using System.Buffers;
using Holdfast.Gateway.Forwarding;
using Holdfast.Gateway.Sockets;

namespace Holdfast.Gateway.Upgrades;

/// <summary>
/// One direction of an upgraded connection. Told to close, it passes the frame that is under way to its end, then a
/// Close of the gateway's, and after it nothing: what still comes is read and dropped until the other side has closed.
/// </summary>
internal sealed class WebSocketDirection(Stream from, Stream to, ActivityWatch watch, Func<byte[]>? closeFrame) : IDisposable
{
    private const int BufferBytes = 16 << 10;
    private readonly SemaphoreSlim writing = new(1);
    private FrameTracker frames;
    private bool closing;
    private bool closed;

    /// <summary>The other direction.</summary>
    public WebSocketDirection? Back { get; set; }

    /// <summary>Whether the sending side has closed: its Close was read.</summary>
    public bool HasClosed => frames.IsClosed;

    /// <summary>Whether the receiving side was sent a Close, the other side's or the gateway's.</summary>
    public bool HasToldClose => closed || frames.IsClosed;

    /// <summary>Copies until the sending side ends, and then ends the receiving side's stream, if that is known how.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (await from.ReadAsync(buffer, cancellationToken) is var read and > 0)
            {
                watch.Touch();
                await SocketLoop.LetOthersAsync();
                await PassAsync(buffer.AsMemory(0, read), cancellationToken);
                if (HasClosed && (closed || Back?.HasToldClose == true))
                {
                    // It answers the Close that was sent in the other direction: nothing comes after that.
                    return;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Sends a Close as soon as no frame is under way.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            closing = true;
            await CloseBetweenFramesAsync(cancellationToken);
        }
        finally
        {
            writing.Release();
        }
    }

    public void Dispose() => writing.Dispose();

    private async ValueTask PassAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            if (closeFrame is null)
            {
                await WriteAsync(bytes, cancellationToken);
                return;
            }

            var passing = frames.Pass(bytes.Span, toBoundary: closing);
            if (!closed)
            {
                await WriteAsync(bytes[..passing], cancellationToken);
            }

            await CloseBetweenFramesAsync(cancellationToken);

            // What is dropped is still followed, for the Close that ends it.
            frames.Pass(bytes.Span[passing..], toBoundary: false);
        }
        finally
        {
            writing.Release();
        }
    }

    private async ValueTask CloseBetweenFramesAsync(CancellationToken cancellationToken)
    {
        if (closing && !closed && frames.IsBetweenFrames)
        {
            closed = true;
            if (!frames.IsClosed && closeFrame is not null)
            {
                await WriteAsync(closeFrame(), cancellationToken);
            }
        }
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await to.WriteAsync(bytes, cancellationToken);
        await to.FlushAsync(cancellationToken);
    }
}
