using System.Threading.Channels;

namespace Holdfast;

/// <summary>
/// What is broadcast on a channel from now on, at most once and without memory: signals sent while the connection to
/// the store is away are lost, and of a reader that lags more than <see cref="Capacity"/> signals the oldest are dropped.
/// </summary>
public sealed class SignalSubscription : IAsyncDisposable
{
    /// <summary>How many signals wait for a reader.</summary>
    public const int Capacity = 1024;

    private readonly Channel<ReadOnlyMemory<byte>> waiting;
    private readonly Func<SignalSubscription, ValueTask> stop;
    private long dropped;
    private int disposed;

    /// <summary>Makes a subscription; engines do this.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="stop">What disposing does; called once.</param>
    public SignalSubscription(string channel, Func<SignalSubscription, ValueTask> stop)
    {
        Channel = channel;
        this.stop = stop;
        var options = new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest };
        waiting = System.Threading.Channels.Channel.CreateBounded<ReadOnlyMemory<byte>>(options, _ => Interlocked.Increment(ref dropped));
    }

    /// <summary>The channel.</summary>
    public string Channel { get; }

    /// <summary>How many signals were dropped because the reader lagged.</summary>
    public long Dropped => Interlocked.Read(ref dropped);

    /// <summary>The payloads as they come, until the subscription is disposed.</summary>
    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAllAsync(CancellationToken cancellationToken = default) =>
        waiting.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Hands over a signal; engines do this. The subscription keeps the memory.</summary>
    public void Deliver(ReadOnlyMemory<byte> payload) => waiting.Writer.TryWrite(payload);

    /// <summary>Ends the subscription.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            waiting.Writer.TryComplete();
            await stop(this).ConfigureAwait(false);
        }
    }
}
