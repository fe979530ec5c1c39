using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Holdfast.Gateway.Sockets;

namespace Holdfast.Gateway.Tests.Sockets;

/// <summary>What is written for a client, on its way to the kernel.</summary>
public sealed class PolledOutputTests : IAsyncLifetime
{
    /// <summary>More pieces than the system is given in one call.</summary>
    private const int Many = 24;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly SocketLoop loop = new(TimeProvider.System);
    private readonly Socket peer = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly TaskCompletionSource broken = new();
    private PolledSocket socket = null!;
    private PolledOutput output = null!;

    public async ValueTask InitializeAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await peer.ConnectAsync(listener.LocalEndpoint);
        socket = new PolledSocket(loop, await listener.AcceptSocketAsync(), takesTurns: true);
        output = new PolledOutput(socket, MemoryPool<byte>.Shared, () => broken.TrySetResult());
    }

    public ValueTask DisposeAsync()
    {
        peer.Dispose();
        socket.Dispose();
        loop.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Pieces_of_all_sizes_arrive_whole_and_in_order_however_slowly_they_are_taken()
    {
        var sent = RandomNumberGenerator.GetBytes(6 << 20);
        var sending = SendAsync(sent);
        var received = new byte[sent.Length];
        for (var at = 0; at < received.Length;)
        {
            var count = await peer.ReceiveAsync(received.AsMemory(at, Math.Min(50_000, received.Length - at))).AsTask().WaitAsync(Patience);
            Assert.NotEqual(0, count);
            at += count;
        }

        await sending.WaitAsync(Patience);
        Assert.Equal(sent, received);
        Assert.Equal(0, output.UnflushedBytes);
    }

    [Fact]
    public async Task What_is_flushed_in_several_pieces_is_more_than_goes_out_in_one_call()
    {
        for (var i = 0; i < Many; i++)
        {
            output.GetMemory(5000).Span[0] = (byte)i;
            output.Advance(1);
            output.GetMemory(5000 + i);
        }

        Assert.Equal(Many, output.UnflushedBytes);
        Assert.False((await output.FlushAsync()).IsCompleted);

        var received = new byte[Many];
        for (var at = 0; at < received.Length;)
        {
            at += await peer.ReceiveAsync(received.AsMemory(at)).AsTask().WaitAsync(Patience);
        }

        Assert.Equal(Enumerable.Range(0, received.Length).Select(static i => (byte)i), received);
    }

    [Fact]
    public async Task A_client_that_has_reset_is_told_as_the_end_and_not_by_an_exception()
    {
        peer.LingerState = new LingerOption(enable: true, seconds: 0);
        peer.Dispose();
        FlushResult result;
        do
        {
            output.GetSpan(1)[0] = 1;
            output.Advance(1);
            result = await output.FlushAsync().AsTask().WaitAsync(Patience);
        }
        while (!result.IsCompleted);

        await broken.Task.WaitAsync(Patience);
        output.GetSpan(1)[0] = 1;
        output.Advance(1);
        Assert.True((await output.FlushAsync()).IsCompleted);
    }

    [Fact]
    public async Task A_client_that_goes_while_the_flush_waits_ends_it_so_too()
    {
        var flushing = FlushMuchAsync();
        peer.LingerState = new LingerOption(enable: true, seconds: 0);
        peer.Dispose();

        Assert.True((await flushing.WaitAsync(Patience)).IsCompleted);
    }

    [Fact]
    public async Task A_flush_that_waits_can_be_cancelled_and_nothing_is_sent_after_it()
    {
        var flushing = FlushMuchAsync();

        output.CancelPendingFlush();

        var result = await flushing.WaitAsync(Patience);
        Assert.True(result.IsCanceled);
        Assert.True((await output.FlushAsync()).IsCompleted);
    }

    [Fact]
    public async Task A_token_that_is_cancelled_ends_a_flush_that_waits()
    {
        using var ending = new CancellationTokenSource();
        var flushing = FlushMuchAsync(ending.Token);

        await ending.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flushing.WaitAsync(Patience));
    }

    [Fact]
    public void Nothing_is_written_once_it_is_complete()
    {
        output.Complete();

        Assert.Throws<ObjectDisposedException>(() => output.GetMemory());
    }

    [Fact]
    public async Task Room_that_somebody_may_write_to_when_it_is_complete_becomes_nobody_elses()
    {
        using var pool = new CountingPool();
        var counted = new PolledOutput(socket, pool, static () => { });
        counted.GetMemory(1);
        counted.Advance(1);
        await counted.FlushAsync();
        Assert.Equal((1, 1), (pool.Given, pool.Returned));

        counted.GetMemory(1);
        counted.Advance(1);
        var late = counted.GetMemory(1);
        counted.Complete();

        late.Span[0] = 1;
        Assert.Equal((2, 1), (pool.Given, pool.Returned));
        Assert.Throws<ObjectDisposedException>(() => counted.Advance(1));
        Assert.Equal(2, await peer.ReceiveAsync(new byte[2], SocketFlags.None).WaitAsync(Patience) + peer.Available);
    }

    [Fact]
    public async Task What_a_flush_under_way_holds_is_returned_once_however_it_is_completed()
    {
        using var pool = new CountingPool();
        var counted = new PolledOutput(socket, pool, static () => { });
        const int Much = 32 << 20;
        for (var room = 0; room < Much; room += pool.MaxBufferSize)
        {
            counted.GetMemory(pool.MaxBufferSize);
            counted.Advance(pool.MaxBufferSize);
        }

        var flushing = counted.FlushAsync().AsTask();
        Assert.False(flushing.IsCompleted);
        counted.Complete();
        Assert.Equal(0, pool.Returned);
        socket.Dispose();

        Assert.True((await flushing.WaitAsync(Patience)).IsCompleted);
        Assert.Equal(pool.Given, pool.Returned);
    }

    private Task<FlushResult> FlushMuchAsync(CancellationToken cancellationToken = default)
    {
        const int Much = 32 << 20;
        output.GetMemory(Much);
        output.Advance(Much);
        var flushing = output.FlushAsync(cancellationToken).AsTask();
        Assert.False(flushing.IsCompleted);
        return flushing;
    }

    private async Task SendAsync(ReadOnlyMemory<byte> rest)
    {
        for (var size = 1; rest.Length > 0; size = ((size * 7) % 60_000) + 1)
        {
            var part = rest[..Math.Min(size, rest.Length)];
            part.CopyTo(output.GetMemory(part.Length));
            output.Advance(part.Length);
            rest = rest[part.Length..];
            if (output.UnflushedBytes > 200_000 || rest.Length == 0)
            {
                Assert.False((await output.FlushAsync()).IsCompleted);
            }
        }
    }

    /// <summary>Counts what it gives and what comes back; what comes back twice counts twice.</summary>
    private sealed class CountingPool : MemoryPool<byte>
    {
        private int returned;

        public int Given { get; private set; }

        public int Returned => Volatile.Read(ref returned);

        public override int MaxBufferSize => 1 << 20;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            Given++;
            return new Block(this, new byte[Math.Max(minBufferSize, 4096)]);
        }

        protected override void Dispose(bool disposing)
        {
        }

        private sealed class Block(CountingPool pool, byte[] bytes) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory => bytes;

            public void Dispose() => Interlocked.Increment(ref pool.returned);
        }
    }
}
