using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Holdfast.Gateway.Instances;

/// <summary>
/// A connection to an instance on which the end of the stream is an error while an answer is awaited. Without that,
/// the HTTP client takes it for an idle connection that timed out, and by itself sends a request without content, or
/// one that expects 100 Continue, again to the same instance, POST included; and nobody learns of it.
/// </summary>
internal sealed class UpstreamStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    private volatile bool awaitsAnswer;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var reading = base.ReadAsync(buffer, cancellationToken);
        return reading.IsCompletedSuccessfully ? new ValueTask<int>(Seen(reading.Result, buffer)) : FinishAsync(reading, buffer);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        awaitsAnswer = true;
        return base.WriteAsync(buffer, cancellationToken);
    }

    // Each answer is waited for here, so the wait takes nothing from the heap.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> FinishAsync(ValueTask<int> reading, Memory<byte> buffer) => Seen(await reading, buffer);

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

        return read;
    }
}
