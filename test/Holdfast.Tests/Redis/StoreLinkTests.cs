using Holdfast.NearCaching;
using Holdfast.Redis;
using Holdfast.Resp;

namespace Holdfast.Tests.Redis;

public sealed class StoreLinkTests
{
    [Fact]
    public async Task A_waiting_call_that_cannot_be_written_fails_alone_and_what_it_submits_is_sent()
    {
        var options = new StateEngineOptions();
        var view = new StoreView(options, new PartitionMap(options.PartitionCount), "client");
        await using var routes = new LoneRoutes(RedisAddress.Parse("redis://nowhere"), view, new SignalTable(), options);
        var link = routes.Nodes[0].Link;
        var behind = new Call();
        var next = new Call();
        var broken = new Call { Unwritable = true, WhenFailed = () => link.Submit(next) };
        link.Submit(broken);
        link.Submit(behind);

        using var stream = new MemoryStream();
        link.Adopt(new RedisConnection(stream, link, TimeProvider.System));
        Assert.Equal((1, 1), (broken.Written, broken.Failed));
        Assert.Equal((1, 0), (behind.Written, behind.Failed));
        Assert.Equal((1, 0), (next.Written, next.Failed));
    }

    [Fact]
    public async Task Calls_whose_time_is_over_go_though_one_that_may_wait_for_ever_stands_before_them()
    {
        await using var routes = NewRoutes(out _);
        var link = routes.Nodes[0].Link;
        var patient = new Call();
        var overdue = new Call { ExpiresAt = TimeProvider.System.GetTimestamp() + (TimeProvider.System.TimestampFrequency / 1000) };
        link.Submit(patient);
        link.Submit(overdue);
        while (TimeProvider.System.GetTimestamp() <= overdue.ExpiresAt)
        {
            await Task.Yield();
        }

        link.DropOverdue();
        Assert.Equal((0, 1), (patient.Failed, overdue.Failed));
    }

    [Fact]
    public async Task A_call_whose_connection_is_lost_knows_it_before_it_can_be_given_up()
    {
        await using var routes = NewRoutes(out _);
        var link = routes.Nodes[0].Link;
        var call = new Call();
        Assert.True(call.TryBegin());
        using var stream = new MemoryStream();
        link.OnLost(new RedisConnection(stream, link, TimeProvider.System), [call]);

        Assert.Equal(1, call.Lost);
        Assert.False(call.CouldBeGivenUpWhenLost);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_comes_while_the_link_is_disposed_of_fails(bool wasSent)
    {
        var clock = new InterruptedClock();
        await using var routes = NewRoutes(out _, clock);
        var link = routes.Nodes[0].Link;
        var call = new Call();
        using var stream = new MemoryStream();

        // Whether a call is overdue is asked after whether the link is at its end.
        clock.WhenAsked = link.Dispose;
        if (wasSent)
        {
            link.OnLost(new RedisConnection(stream, link, TimeProvider.System), [call]);
        }
        else
        {
            link.Submit(call);
        }

        Assert.Null(clock.WhenAsked);
        Assert.Equal(1, call.Failed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_comes_after_the_end_is_ended(bool isRetired)
    {
        await using var routes = NewRoutes(out _);
        var link = routes.Nodes[0].Link;
        if (isRetired)
        {
            link.Retire();
        }
        else
        {
            link.Dispose();
        }

        using var stream = new MemoryStream();
        link.Adopt(new RedisConnection(stream, link, TimeProvider.System));
        Assert.False(stream.CanRead);
    }

    [Fact]
    public async Task What_is_asked_first_on_a_new_connection_waits_when_too_much_is_not_sent_yet()
    {
        await using var routes = NewRoutes(out var view);
        var link = routes.Nodes[0].Link;
        await using var watch = new Watch(static _ => ValueTask.CompletedTask);
        view.Watches.Add(0, StoreKeys.Head, watch);
        await using var stream = new StuckStream();
        var connection = new RedisConnection(stream, link, TimeProvider.System);
        for (var i = 0; i < 2; i++)
        {
            // The first is being sent for ever, and the second is more than may wait behind it.
            connection.TrySend(new PlainCall<bool>(static (ref _) => true, isRepeatable: false, "ECHO", new string('x', 17 << 20)));
        }

        link.Adopt(connection);
        Assert.True(link.HasWaiting);
    }

    [Fact]
    public async Task A_server_that_can_not_tell_what_changed_leaves_nothing_to_serve_whatever_it_replied_before()
    {
        await using var routes = NewRoutes(out var view);
        var link = routes.Nodes[0].Link;
        var thing = new Address("thing", "t");
        var now = TimeProvider.System.GetTimestamp();
        link.Feed.Prove(now + (1000 * TimeProvider.System.TimestampFrequency));
        view.Cache.Put(link.Feed, new Stamp(0, 1, 1), thing, null, now);
        view.Cache.Raise(link.Feed, 0, 1, 1);
        Assert.Equal(NearCacheAnswer.Hit, view.Cache.TryRead(thing, 0, Freshness.Pushed, out _));

        using var stream = new MemoryStream();
        var push = new RespReader(">2\r\n$10\r\ninvalidate\r\n_\r\n"u8);
        push.Read();
        link.OnPush(new RedisConnection(stream, link, TimeProvider.System), ref push);
        Assert.Equal(0, view.Cache.Count);
        Assert.False(stream.CanRead);
    }

    private static LoneRoutes NewRoutes(out StoreView view, TimeProvider? clock = null)
    {
        var options = new StateEngineOptions { Clock = clock ?? TimeProvider.System };
        view = new StoreView(options, new PartitionMap(options.PartitionCount), "client");
        return new LoneRoutes(RedisAddress.Parse("redis://nowhere"), view, new SignalTable(), options);
    }

    /// <summary>Has something happen when it is next asked what the time is.</summary>
    private sealed class InterruptedClock : TimeProvider
    {
        public Action? WhenAsked { get; set; }

        public override long GetTimestamp()
        {
            var now = WhenAsked;
            WhenAsked = null;
            now?.Invoke();
            return base.GetTimestamp();
        }
    }

    private sealed class StuckStream : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => new(new TaskCompletionSource().Task);
    }

    private sealed class Call : StoreCall
    {
        public int Lost { get; private set; }

        public bool CouldBeGivenUpWhenLost { get; private set; }

        public override void OnLost()
        {
            Lost++;
            CouldBeGivenUpWhenLost = TryGiveUp();
        }

        public bool Unwritable { get; init; }

        public Action? WhenFailed { get; init; }

        public int Written { get; private set; }

        public int Failed { get; private set; }

        public override bool IsSettled => Failed > 0;

        public override void Write(RespWriter writer, ServerProfile server)
        {
            Written++;
            if (Unwritable)
            {
                throw new InvalidOperationException("This can't be written.");
            }

            writer.Command(1);
            writer.Bulk("PING"u8);
        }

        public override ReplyVerdict Read(ref RespReader reader, ServerProfile server) => ReplyVerdict.Settled;

        public override void Fail(StateException fault)
        {
            if (Failed++ == 0)
            {
                WhenFailed?.Invoke();
            }
        }

        public override void Tell(StateException fault) => Fail(fault);
    }
}
