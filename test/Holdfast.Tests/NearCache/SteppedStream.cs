using System.Text;

namespace Holdfast.Tests.NearCaching;

/// <summary>A connection's stream that hands over what is written at once, and waits with what is read until it is delivered.</summary>
internal sealed class SteppedStream(Action<string> written) : Stream
{
    private Memory<byte> room;
    private TaskCompletionSource<int>? reading;
    private bool isEnded;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The reader goes on with these bytes, on this thread.</summary>
    public void Deliver(byte[] bytes)
    {
        bytes.CopyTo(room);
        reading!.SetResult(bytes.Length);
    }

    /// <summary>The other side has closed it.</summary>
    public void End()
    {
        isEnded = true;
        reading?.TrySetResult(0);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (isEnded)
        {
            return ValueTask.FromResult(0);
        }

        room = buffer;

        // Without asynchronous continuations, so that who delivers comes back when the reader waits again.
        reading = new TaskCompletionSource<int>();
        return new ValueTask<int>(reading.Task);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        written(Encoding.UTF8.GetString(buffer.Span));
        return ValueTask.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
