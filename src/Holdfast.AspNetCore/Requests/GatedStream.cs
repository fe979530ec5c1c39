namespace Holdfast.AspNetCore.Requests;

/// <summary>The response's body as a stream, through the gate.</summary>
internal sealed class GatedStream(ResponseGate gate) : Stream
{
    public override bool CanRead => false;

    /// <summary>While the gate is closed the body can be thrown away: <c>Response.Clear()</c> does it by <c>SetLength(0)</c>.</summary>
    public override bool CanSeek => !gate.IsOpen;

    public override bool CanWrite => true;

    public override long Length => gate.IsOpen ? throw new NotSupportedException() : gate.Buffer.Length;

    public override long Position
    {
        get => Length;
        set => SetLength(value);
    }

    public override void SetLength(long value)
    {
        if (gate.IsOpen || (value != 0 && value != Length))
        {
            throw new NotSupportedException("A response's body can only be thrown away as a whole, and before it was sent.");
        }

        if (value == 0)
        {
            gate.Buffer.Clear();
        }
    }

    public override long Seek(long offset, SeekOrigin origin) =>
        throw new NotSupportedException("A response's body can only be appended to.");

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("A response's body can't be read.");

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (gate.IsOpen)
        {
            return gate.Body.Stream.WriteAsync(buffer, cancellationToken);
        }

        if (gate.Failure is not null)
        {
            return ValueTask.CompletedTask;
        }

        gate.ThrowIfTooLong(buffer.Length);
        if (!gate.HasRoomFor(buffer.Length))
        {
            return OpenAndWriteAsync(buffer, cancellationToken);
        }

        gate.Buffer.Append(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (!gate.IsOpen && gate.IsHeld)
        {
            return;
        }

        await gate.OpenAsync();
        await gate.Body.Stream.FlushAsync(cancellationToken);
    }

    /// <summary>Blocks when it has to commit. Like the server's own stream it takes synchronous writes only where they were allowed.</summary>
    public override void Write(byte[] buffer, int offset, int count)
    {
        gate.ThrowIfSynchronousIsForbidden();
        WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();
    }

    public override void Flush()
    {
        gate.ThrowIfSynchronousIsForbidden();
        FlushAsync(CancellationToken.None).GetAwaiter().GetResult();
    }

    public override IAsyncResult BeginWrite(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(WriteAsync(buffer, offset, count, CancellationToken.None), callback, state);

    public override void EndWrite(IAsyncResult asyncResult) => TaskToAsyncResult.End(asyncResult);

    private async ValueTask OpenAndWriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        await gate.OpenAsync();
        await gate.Body.Stream.WriteAsync(buffer, cancellationToken);
    }
}
