using System.Buffers;
using System.Net;
using Holdfast.Gateway.Instances;

namespace Holdfast.Gateway.Forwarding;

/// <summary>
/// The client's body on its way to an instance. What goes wrong with reading it is the client's doing, and is noted, so
/// that nobody blames the instance for it. What has arrived is sent at once: the other side may be waiting for it. It is sent
/// once: the HTTP client would by itself send it again where an instance refuses an HTTP/2 stream, without what was read already.
/// An instance may answer without taking all of it: then it ends as if all had been sent, so that the answer is read.
/// </summary>
internal sealed class ClientBody(Stream body, bool mayBeAnsweredEarly, ActivityWatch watch) : HttpContent
{
    private const int BufferBytes = 32 << 10;

    /// <summary>The most of a body that is feigned. A client may announce any length, and whoever announces more than this has its early answers lost.</summary>
    private const long MostFeignedBytes = 16L << 30;

    /// <summary>As much is feigned at a time: it is not sent, so the whole of it is a few thousand turns, some milliseconds.</summary>
    private const int FeignedBytes = 4 << 20;

    /// <summary>A body that is no longer, and is there at once, goes to the instance together with the head: it is not answered before.</summary>
    private const int SmallBytes = 2 << 10;

    private const int TurnsBetweenYields = 64;
    private static byte[]? nothing;
    private volatile TaskCompletionSource? running;
    private volatile bool isAwaited;
    private bool wasRead;

    /// <summary>What ended the reading of the body; null while nothing did.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Whether it is the client that is waited for, to send more of it.</summary>
    public bool IsAwaited => isAwaited;

    /// <summary>Whether more of it is awaited, or sent.</summary>
    public bool IsBeingRead => running is { Task.IsCompleted: false };

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
        EarlyAnswer? answer = null;
        var reading = Task.FromResult(0);
        long written = 0;
        try
        {
            while (true)
            {
                reading = ReadAsync(buffer, cancellationToken);
                if (!reading.IsCompleted)
                {
                    answer ??= Listen();
                    await stream.FlushAsync(cancellationToken);
                    await UntilAsync(reading, answer);
                }

                if (answer is { IsOver: true })
                {
                    throw new IOException("The instance has answered.");
                }

                var read = await reading;
                if (read == 0)
                {
                    return;
                }

                wasRead = true;
                watch.Touch();
                written += read;
                if (written > SmallBytes)
                {
                    answer ??= Listen();
                }

                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                if (Headers.ContentLength == written)
                {
                    // An answer from now on is not early.
                    answer?.End();
                }
            }
        }
        catch (IOException) when (
            Fault is null && mayBeAnsweredEarly && LeftOf(written) <= MostFeignedBytes && !cancellationToken.IsCancellationRequested)
        {
            await FeignAsync(stream, LeftOf(written), cancellationToken);
        }
        finally
        {
            answer?.End();
            _ = LeaveAsync(reading, buffer);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private EarlyAnswer? Listen() => mayBeAnsweredEarly ? EarlyAnswer.Begin() : null;

    private static Task UntilAsync(Task reading, EarlyAnswer? answer) => answer is null ? reading : Task.WhenAny(reading, answer.Over);

    /// <summary>How many bytes were announced beyond those that were written; 0 where no length was.</summary>
    private long LeftOf(long written) => (Headers.ContentLength ?? written) - written;

    /// <summary>Goes through the motions for what was announced and is not sent any more: the connection takes it to nowhere, and the HTTP client insists on it.</summary>
    private static async Task FeignAsync(Stream stream, long left, CancellationToken cancellationToken)
    {
        nothing ??= new byte[FeignedBytes];
        for (var turn = 1; left > 0; turn++, left -= FeignedBytes)
        {
            // No turn waits for anything, and the HTTP client passes the token on to none.
            cancellationToken.ThrowIfCancellationRequested();
            await stream.WriteAsync(nothing.AsMemory(0, (int)Math.Min(left, FeignedBytes)), cancellationToken);
            if (turn % TurnsBetweenYields == 0)
            {
                await Task.Yield();
            }
        }
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
