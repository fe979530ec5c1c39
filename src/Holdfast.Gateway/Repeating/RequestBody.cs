using System.Buffers;
using System.IO.Pipelines;

namespace Holdfast.Gateway.Repeating;

/// <summary>
/// A request's body as a stream of which a read that was cancelled can be made again, by the next sending or by the server, which reads what is left of
/// it at the end. The server's own stream takes no read any more behind one that its token has cancelled, if the body is of HTTP/1.1 and has a length.
/// </summary>
internal sealed class RequestBody(PipeReader reader) : BodyStream
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var reading = reader.ReadAsync(CancellationToken.None);
        if (!reading.IsCompletedSuccessfully)
        {
            return WaitAsync(reading, buffer, cancellationToken);
        }

        var result = reading.Result;
        return result.IsCanceled ? WaitAsync(ValueTask.FromResult(result), buffer, cancellationToken) : ValueTask.FromResult(Take(result, buffer));
    }

    private async ValueTask<int> WaitAsync(ValueTask<ReadResult> reading, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result;
            using (cancellationToken.UnsafeRegister(static pending => Cancel((PipeReader)pending!), reader))
            {
                result = await reading;
            }

            if (!result.IsCanceled)
            {
                return Take(result, buffer);
            }

            // A cancellation that came too late for its read ends the next one, which it does not mean.
            reader.AdvanceTo(result.Buffer.Start);
            cancellationToken.ThrowIfCancellationRequested();
            reading = reader.ReadAsync(CancellationToken.None);
        }
    }

    private static void Cancel(PipeReader reader)
    {
        try
        {
            reader.CancelPendingRead();
        }
        catch (Exception fault) when (fault is OperationCanceledException or IOException)
        {
            // The client's connection was cut, and the read with it.
        }
    }

    private int Take(ReadResult result, Memory<byte> buffer)
    {
        var length = (int)Math.Min(buffer.Length, result.Buffer.Length);
        var taken = result.Buffer.Slice(0, length);
        taken.CopyTo(buffer.Span);
        reader.AdvanceTo(taken.End);
        return length;
    }
}
