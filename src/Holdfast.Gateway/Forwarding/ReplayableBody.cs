namespace Holdfast.Gateway.Forwarding;

/// <summary>
/// A request's body as it comes from the client, of which the beginning is kept, so that it can be read again from
/// there. Nothing is read ahead of the reader.
/// </summary>
internal sealed class ReplayableBody(Stream client) : Stream
{
    private readonly MemoryStream kept = new();
    private bool isComplete = true;

    /// <summary>Whether everything that was read so far is kept.</summary>
    public bool CanReplay => isComplete;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The next read begins at the beginning.</summary>
    public void Rewind()
    {
        if (!isComplete)
        {
            throw new InvalidOperationException("The body is longer than what is kept of it.");
        }

        kept.Position = 0;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (kept.Position < kept.Length)
        {
            return kept.Read(buffer.Span);
        }

        var read = await client.ReadAsync(buffer, cancellationToken);
        if (isComplete && kept.Length + read > GatewayLimits.MaxReplayBytes)
        {
            isComplete = false;
            kept.SetLength(0);
            kept.Capacity = 0;
        }
        else if (isComplete)
        {
            kept.Write(buffer.Span[..read]);
        }

        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Request bodies are read asynchronously.");

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
