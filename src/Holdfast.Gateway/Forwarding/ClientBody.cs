using System.Buffers;
using System.Net;

namespace Holdfast.Gateway.Forwarding;

/// <summary>
/// The client's body on its way to an instance. What goes wrong with reading it is the client's doing, and is noted, so
/// that nobody blames the instance for it. What has arrived is sent at once: the other side may be waiting for it. It is sent
/// once: the HTTP client would by itself send it again where an instance refuses an HTTP/2 stream, without what was read already.
/// </summary>
internal sealed class ClientBody(Stream body, ActivityWatch watch) : HttpContent
{
    private const int BufferBytes = 32 << 10;

    private bool wasRead;

    /// <summary>What ended the reading of the body; null while nothing did.</summary>
    public Exception? Fault { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (wasRead)
        {
            throw new IOException("The instance refused the stream when a part of the body had been sent.");
        }

        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (true)
            {
                var reading = ReadAsync(buffer, cancellationToken);
                if (!reading.IsCompleted)
                {
                    await stream.FlushAsync(cancellationToken);
                }

                var read = await reading;
                if (read == 0)
                {
                    return;
                }

                wasRead = true;
                watch.Touch();
                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private async ValueTask<int> ReadAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            Fault = fault;
            throw;
        }
    }
}
