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
    private volatile TaskCompletionSource? running;
    private volatile bool isAwaited;
    private bool wasRead;

    /// <summary>What ended the reading of the body; null while nothing did.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Whether it is the client that is waited for, to send more of it.</summary>
    public bool IsAwaited => isAwaited;

    /// <summary>
    /// Returns once nothing is read of the body any more. A sending that fails while it waits for the client would go on
    /// to wait, and take the next bytes from the one that comes after it.
    /// </summary>
    public Task EndAsync()
    {
        watch.Stop();
        return running?.Task ?? Task.CompletedTask;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (wasRead)
        {
            throw new IOException("The instance refused the stream when a part of the body had been sent.");
        }

        running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        var reading = Task.FromResult(0);
        try
        {
            while (true)
            {
                reading = ReadAsync(buffer, cancellationToken);
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
            _ = LeaveAsync(reading, buffer);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    /// <summary>The connection can end while a reading goes on, which has the buffer until it is over.</summary>
    private async Task LeaveAsync(Task reading, byte[] buffer)
    {
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ArrayPool<byte>.Shared.Return(buffer);
        running!.TrySetResult();
    }

    private async Task<int> ReadAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        isAwaited = true;
        try
        {
            var read = await body.ReadAsync(buffer, cancellationToken);
            isAwaited = false;
            return read;
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            Fault = fault;
            throw;
        }
    }
}
