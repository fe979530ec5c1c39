using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Holdfast.Gateway.Instances;

/// <summary>
/// A connection to an instance on which the end of the stream is an error while an answer is awaited. Without that,
/// the HTTP client takes it for an idle connection that timed out, and by itself sends a request without content, or
/// one that expects 100 Continue, again to the same instance, POST included; and nobody learns of it.
/// </summary>
/// <remarks>
/// An instance may answer without having read the whole body, and close the connection (RFC 9112, section 9.6), or not. Writing then fails, or comes to nothing,
/// and what it has answered can still be read. So only the first write that fails tells of it; what comes after it is taken and goes nowhere. Once
/// an <see cref="EarlyAnswer"/> is whole, all that is left of the body goes nowhere. But the kernel tells of a reset once, to whoever reads or writes next; the end
/// of what can be read is then none of an answer that only the connection's end delimits.
/// </remarks>
internal sealed class UpstreamStream(Stream connection) : Stream
{
    /// <summary>Guards who reads: the HTTP client, or who listens for an early answer.</summary>
    private readonly Lock gate = new();
    private volatile bool awaitsAnswer;
    private volatile bool isDeaf;
    private volatile bool wasReset;
    private bool isReading;
    private EarlyAnswer? early;
    private Task? listening;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (gate)
        {
            if (early is { } answer)
            {
                return ReadEarlyAsync(answer, listening ??= ListenAsync(answer), buffer, cancellationToken);
            }

            isReading = true;
        }

        var reading = connection.ReadAsync(buffer, cancellationToken);
        return reading.IsCompletedSuccessfully ? Read(reading.Result, buffer) : FinishAsync(reading, buffer);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (isDeaf)
        {
            return cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled(cancellationToken) : ValueTask.CompletedTask;
        }

        awaitsAnswer = true;
        if (EarlyAnswer.Current is { } answer)
        {
            Listen(answer);
        }

        try
        {
            var writing = connection.WriteAsync(buffer, cancellationToken);
            return writing.IsCompletedSuccessfully ? writing : FinishAsync(writing);
        }
        catch (IOException) when (isDeaf)
        {
            return ValueTask.CompletedTask;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() => connection.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => connection.FlushAsync(cancellationToken);

    /// <summary>Not supported: nothing here waits on a thread.</summary>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Not supported: nothing here waits on a thread.</summary>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            connection.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask FinishAsync(ValueTask writing)
    {
        try
        {
            await writing;
        }
        catch (Exception fault)
        {
            if (fault.InnerException is SocketException { SocketErrorCode: not (SocketError.Shutdown or SocketError.OperationAborted) })
            {
                wasReset = true;
            }

            if (isDeaf && fault is IOException)
            {
                // The connection was given up meanwhile.
                return;
            }

            (isDeaf, awaitsAnswer) = (true, false);
            throw;
        }
    }

    // Each answer is waited for here, so the wait takes nothing from the heap.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> FinishAsync(ValueTask<int> reading, Memory<byte> buffer)
    {
        int read;
        try
        {
            read = await reading;
        }
        catch (Exception fault)
        {
            Fail(isLost: fault is IOException);
            throw;
        }

        return await Read(read, buffer);
    }

    /// <summary>Has what comes from now on listened to. Where the HTTP client reads already, as it does ahead on a connection that was used before, the first of it comes to it.</summary>
    private void Listen(EarlyAnswer answer)
    {
        lock (gate)
        {
            if (answer != early)
            {
                early = answer;
                listening = isReading ? null : ListenAsync(answer);
            }
        }
    }

    /// <summary>Takes note of what the HTTP client has read ahead. If it is the first of an early answer it is listened to for the rest: the client looks at it when the body is over.</summary>
    private ValueTask<int> Read(int read, Memory<byte> buffer)
    {
        lock (gate)
        {
            isReading = false;
            if (early is { IsHeard: true } answer && !buffer.IsEmpty)
            {
                Hear(answer, answer.Keep(buffer.Span[..read]));
                listening = ListenAsync(answer);
                return ReadEarlyAsync(answer, listening, buffer, CancellationToken.None);
            }
        }

        return new ValueTask<int>(Seen(read, buffer));
    }

    /// <summary>The HTTP client's reading has failed. Who waits for its early answer is told.</summary>
    private void Fail(bool isLost)
    {
        lock (gate)
        {
            isReading = false;
            if (isLost && early is { IsHeard: true } answer)
            {
                Hear(answer, read: 0);
            }
        }
    }

    private async ValueTask<int> ReadEarlyAsync(EarlyAnswer answer, Task heard, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await heard;
        if (answer.HasMore || answer.IsOver)
        {
            return Seen(answer.Take(buffer.Span), buffer);
        }

        lock (gate)
        {
            early = null;
        }

        return await ReadAsync(buffer, cancellationToken);
    }

    private async Task ListenAsync(EarlyAnswer answer)
    {
        try
        {
            while (answer.IsHeard)
            {
                Hear(answer, await connection.ReadAsync(answer.Room, answer.BodyEnd));
            }
        }
        catch (OperationCanceledException)
        {
            // The body is over first.
        }
        catch (IOException)
        {
            // An instance that ends a connection with something unread resets it, and may have said before that all it had to say.
            wasReset = true;
            Hear(answer, read: 0);
        }
    }

    /// <summary>Takes note of what was read, and gives the connection up if that was the last of the answer, and the body is not over.</summary>
    private void Hear(EarlyAnswer answer, int read)
    {
        if (answer.Hear(read) && answer.IsHeard)
        {
            isDeaf = true;
            connection.Dispose();
            answer.Finish();
        }
    }

    private int Seen(int read, Memory<byte> buffer)
    {
        if (read > 0)
        {
            awaitsAnswer = false;
        }
        else if (awaitsAnswer && !buffer.IsEmpty)
        {
            throw new IOException("The instance closed the connection before it answered.");
        }

        if (read == 0 && wasReset && !buffer.IsEmpty)
        {
            throw new IOException("The instance reset the connection within its answer.");
        }

        return read;
    }
}
