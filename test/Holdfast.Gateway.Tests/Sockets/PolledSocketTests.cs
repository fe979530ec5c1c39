using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Holdfast.Gateway.Sockets;

namespace Holdfast.Gateway.Tests.Sockets;

/// <summary>What a socket that the gateway's own loop hears gives to who receives and sends.</summary>
public sealed class PolledSocketTests : IDisposable
{
    /// <summary>More than one may do at once.</summary>
    private const int Parts = 500;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly SocketLoop loop = new(TimeProvider.System);
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);

    public PolledSocketTests() => listener.Start();

    public void Dispose()
    {
        listener.Dispose();
        loop.Dispose();
    }

    [Fact]
    public async Task Megabytes_arrive_whole_in_both_directions_however_slow_the_peer_takes_them()
    {
        using var both = await ConnectAsync();
        var sent = RandomNumberGenerator.GetBytes(8 << 20);

        var sending = both.Polled.SendAsync(sent).AsTask();
        var received = new byte[sent.Length];
        Assert.False(sending.IsCompleted);
        for (var at = 0; at < received.Length;)
        {
            at += await both.Peer.ReceiveAsync(received.AsMemory(at, Math.Min(100_000, received.Length - at)));
        }

        await sending.WaitAsync(Patience);
        Assert.Equal(sent, received);

        var back = Task.Run(() => both.Peer.Send(sent));
        var returned = new byte[sent.Length];
        for (var at = 0; at < returned.Length;)
        {
            at += await both.Polled.ReceiveAsync(returned.AsMemory(at, Math.Min(65_536, returned.Length - at))).AsTask().WaitAsync(Patience);
        }

        Assert.Equal(sent.Length, await back);
        Assert.Equal(sent, returned);
    }

    [Fact]
    public async Task Bytes_are_received_when_they_come_and_none_is_missed_where_the_room_was_just_enough()
    {
        using var both = await ConnectAsync();
        var room = new byte[4];
        for (var i = 0; i < 1000; i++)
        {
            var receiving = both.Polled.ReceiveAsync(room).AsTask();
            await both.Peer.SendAsync("fourmore"u8.ToArray());
            Assert.Equal(4, await receiving.WaitAsync(Patience));
            Assert.Equal("four"u8.ToArray(), room);
            Assert.Equal(4, await both.Polled.ReceiveAsync(room).AsTask().WaitAsync(Patience));
            Assert.Equal("more"u8.ToArray(), room);
        }
    }

    [Fact]
    public async Task The_end_comes_after_all_bytes_and_again_to_who_asks_again()
    {
        using var both = await ConnectAsync();
        var ended = new TaskCompletionSource();
        both.Polled.WhenEnded(ended.SetResult);
        await both.Peer.SendAsync("last"u8.ToArray());
        both.Peer.Shutdown(SocketShutdown.Send);
        await ended.Task.WaitAsync(Patience);

        var room = new byte[16];
        Assert.Equal(4, await both.Polled.ReceiveAsync(room).AsTask().WaitAsync(Patience));
        Assert.Equal(0, await both.Polled.ReceiveAsync(room).AsTask().WaitAsync(Patience));
        Assert.Equal(0, await both.Polled.ReceiveAsync(room).AsTask().WaitAsync(Patience));

        // Who asks late is told at once.
        var told = false;
        both.Polled.WhenEnded(() => told = true);
        Assert.True(told);

        await both.Polled.SendAsync("answer"u8.ToArray());
        Assert.Equal(6, await both.Peer.ReceiveAsync(room));
    }

    [Fact]
    public async Task A_reset_is_told_as_one_to_who_receives_and_to_who_sends()
    {
        using var both = await ConnectAsync();
        var receiving = both.Polled.ReceiveAsync(new byte[1]).AsTask();
        both.Peer.LingerState = new LingerOption(enable: true, seconds: 0);
        both.Peer.Dispose();

        var fault = await Assert.ThrowsAsync<IOException>(() => receiving.WaitAsync(Patience));
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(fault.InnerException).SocketErrorCode);
        await Assert.ThrowsAsync<IOException>(async () => await both.Polled.SendAsync("late"u8.ToArray()));
    }

    [Fact]
    public async Task Closing_it_ends_who_waits_to_receive_and_who_waits_to_send()
    {
        using var both = await ConnectAsync();
        var receiving = both.Polled.ReceiveAsync(new byte[1]).AsTask();
        var sending = both.Polled.SendAsync(new byte[32 << 20]).AsTask();
        Assert.False(receiving.IsCompleted || sending.IsCompleted);

        both.Polled.Dispose();

        await Assert.ThrowsAsync<IOException>(() => receiving.WaitAsync(Patience));
        await Assert.ThrowsAsync<IOException>(() => sending.WaitAsync(Patience));
        await Assert.ThrowsAsync<IOException>(async () => await both.Polled.ReceiveAsync(new byte[1]));
        await Assert.ThrowsAsync<IOException>(async () => await both.Polled.SendAsync(new byte[1]));
    }

    [Fact]
    public async Task Who_receives_can_give_up_and_what_comes_then_is_for_the_next()
    {
        using var both = await ConnectAsync();
        using var giving = new CancellationTokenSource();
        var room = new byte[8];
        var receiving = both.Polled.ReceiveAsync(room, giving.Token).AsTask();
        await giving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving.WaitAsync(Patience));

        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => both.Polled.ReceiveAsync(room, cancelled.Token).AsTask().WaitAsync(Patience));

        await both.Peer.SendAsync("kept"u8.ToArray());
        Assert.Equal(4, await both.Polled.ReceiveAsync(room).AsTask().WaitAsync(Patience));
    }

    [Fact]
    public async Task Only_who_waits_without_room_and_for_nothing_can_be_interrupted_and_loses_nothing_by_it()
    {
        using var both = await ConnectAsync();
        var room = new byte[8];
        Assert.False(both.Polled.TryInterrupt(static () => true));

        var withRoom = both.Polled.ReceiveAsync(room).AsTask();
        Assert.False(both.Polled.TryInterrupt(static () => true));
        await both.Peer.SendAsync("one"u8.ToArray());
        Assert.Equal(3, await withRoom.WaitAsync(Patience));

        var waiting = both.Polled.ReceiveAsync(Memory<byte>.Empty).AsTask();
        Assert.False(both.Polled.TryInterrupt(static () => false));
        Assert.True(both.Polled.TryInterrupt(static () => true));
        Assert.Equal(0, await waiting.WaitAsync(Patience));

        // Who asks meanwhile takes it for the end, and what comes is kept.
        await both.Peer.SendAsync("two"u8.ToArray());
        Assert.Equal(0, await both.Polled.ReceiveAsync(room));

        both.Polled.Resume();
        Assert.Equal(3, await both.Polled.ReceiveAsync(room).AsTask().WaitAsync(Patience));
        Assert.Equal("two"u8.ToArray(), room[..3]);
    }

    [Fact]
    public async Task What_came_before_the_interruption_prevents_it()
    {
        using var both = await ConnectAsync();
        var waiting = both.Polled.ReceiveAsync(Memory<byte>.Empty).AsTask();
        await both.Peer.SendAsync("here"u8.ToArray());
        await waiting.WaitAsync(Patience);

        Assert.False(both.Polled.TryInterrupt(static () => true));
    }

    [Fact]
    public async Task What_is_posted_to_a_loop_is_done_by_its_thread_also_when_it_sleeps()
    {
        for (var i = 0; i < 1000; i++)
        {
            var work = new Posted();
            loop.Post(work);
            Assert.Same(loop, await work.Done.Task.WaitAsync(Patience));
        }
    }

    [Fact]
    public async Task One_on_which_much_has_come_does_not_keep_the_loop_from_others()
    {
        using var busy = await ConnectAsync();
        using var other = await ConnectAsync();
        await busy.Peer.SendAsync(new byte[Parts * 100]);
        await busy.Polled.ReceiveAsync(Memory<byte>.Empty).AsTask().WaitAsync(Patience);
        var received = 0;
        var receivedBefore = other.Polled.ReceiveAsync(new byte[1]).AsTask().ContinueWith(_ => received, TaskContinuationOptions.ExecuteSynchronously);
        var work = new Work(async () =>
        {
            other.Peer.Send(new byte[1]);
            for (var room = new byte[100]; received < Parts; received++)
            {
                Assert.Equal(100, await busy.Polled.ReceiveAsync(room));
            }
        });

        loop.Post(work);

        await (await work.Begun.Task).WaitAsync(Patience);
        Assert.InRange(await receivedBefore, 1, Parts - 1);
    }

    [Fact]
    public async Task Who_takes_no_turns_is_told_at_once_what_has_come_and_that_it_has_ended_on_any_thread()
    {
        using var both = await ConnectAsync(takesTurns: false);
        var ended = new TaskCompletionSource();
        both.Polled.WhenEnded(ended.SetResult);
        await both.Peer.SendAsync(new byte[Parts]);
        both.Peer.Shutdown(SocketShutdown.Send);
        await ended.Task.WaitAsync(Patience);

        var room = new byte[1];
        Assert.Equal(1, Now(both.Polled.ReceiveAsync(room).AsTask()));
        var work = new Work(() =>
        {
            for (var i = 1; i < Parts; i++)
            {
                Assert.Equal(1, Now(both.Polled.ReceiveAsync(room).AsTask()));
            }

            return Task.CompletedTask;
        });
        loop.Post(work);
        await (await work.Begun.Task).WaitAsync(Patience);
        Assert.Equal(0, Now(both.Polled.ReceiveAsync(room).AsTask()));
    }

    [Fact]
    public async Task Who_has_much_to_do_lets_others_have_their_turn()
    {
        using var other = await ConnectAsync();
        var done = 0;
        var doneBefore = other.Polled.ReceiveAsync(new byte[1]).AsTask().ContinueWith(_ => done, TaskContinuationOptions.ExecuteSynchronously);
        var work = new Work(async () =>
        {
            other.Peer.Send(new byte[1]);
            for (; done < Parts; done++)
            {
                await SocketLoop.LetOthersAsync();
                Assert.Same(loop, SocketLoop.Current);
            }
        });

        loop.Post(work);

        await (await work.Begun.Task).WaitAsync(Patience);
        Assert.InRange(await doneBefore, 1, Parts - 1);
        Assert.True(SocketLoop.LetOthersAsync().AsTask().IsCompletedSuccessfully);
    }

    private static int Now(Task<int> receiving)
    {
        Assert.True(receiving.IsCompletedSuccessfully, "It is not there at once.");
        return receiving.GetAwaiter().GetResult();
    }

    private async Task<Both> ConnectAsync(bool takesTurns = true)
    {
        var peer = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await peer.ConnectAsync(listener.LocalEndpoint);
        return new Both(peer, new PolledSocket(loop, await listener.AcceptSocketAsync(), takesTurns));
    }

    private sealed record Both(Socket Peer, PolledSocket Polled) : IDisposable
    {
        public void Dispose()
        {
            Peer.Dispose();
            Polled.Dispose();
        }
    }

    private sealed class Work(Func<Task> act) : IThreadPoolWorkItem
    {
        public TaskCompletionSource<Task> Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Execute() => Begun.SetResult(act());
    }

    private sealed class Posted : IThreadPoolWorkItem
    {
        public TaskCompletionSource<SocketLoop?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Execute() => Done.SetResult(SocketLoop.Current);
    }
}
