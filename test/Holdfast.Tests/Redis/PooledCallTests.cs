using Holdfast.Redis;
using Holdfast.Resp;

namespace Holdfast.Tests.Redis;

/// <summary>When a call is used again: only after both who awaited it and the way that it went have let go of it.</summary>
public sealed class PooledCallTests : IAsyncDisposable
{
    private readonly CallPool<ReadCall> pool = new();
    private readonly CallPool<DroppedCall> drops = new();
    private readonly StoreView view;
    private readonly LoneRoutes routes;
    private readonly RedisConnection connection;

    public PooledCallTests()
    {
        var options = new StateEngineOptions();
        view = new StoreView(options, new PartitionMap(options.PartitionCount), "client");
        routes = new LoneRoutes(RedisAddress.Parse("redis://nowhere"), view, new SignalTable(), options);
        connection = new RedisConnection(new MemoryStream(), Link, TimeProvider.System);
    }

    private StoreLink Link => routes.Nodes[0].Link;

    public ValueTask DisposeAsync() => routes.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_is_used_again_once_both_have_let_go(bool isWayFirst)
    {
        var call = await AnsweredAsync(7);
        Action[] ends = isWayFirst ? [call.EndWay, call.EndWait] : [call.EndWait, call.EndWay];
        ends[0]();
        Assert.NotSame(call, Next());
        ends[1]();
        Assert.Same(call, Next());
        Assert.NotSame(call, Next());
    }

    [Fact]
    public async Task It_is_as_new_when_it_is_used_again()
    {
        var call = await AnsweredAsync(7);
        var before = call.Completion;
        call.EndWay();
        call.EndWait();

        Assert.Same(call, Next());
        Assert.False(call.IsSettled);
        Assert.False(call.IsUnderWay);
        Assert.Throws<InvalidOperationException>(() => before.IsCompleted);
        Assert.True(call.TryBegin());
        Link.OnReply(connection, call, Moment(9));
        Assert.Equal(9, (await call.Completion).At.Revision);
    }

    [Fact]
    public async Task The_link_lets_go_after_the_reply()
    {
        var call = Next();
        Assert.True(call.TryBegin());
        Link.OnReply(connection, call, Moment(7));
        Assert.Equal(7, (await call.Completion).At.Revision);
        call.EndWait();
        Assert.Same(call, Next());
    }

    [Fact]
    public async Task One_that_was_sent_again_is_not_used_again()
    {
        var call = Next();
        Assert.True(call.TryBegin());
        call.Recall();
        Assert.True(call.TryBegin());
        Link.OnReply(connection, call, Moment(7));
        await call.Completion;
        call.EndWait();
        Assert.NotSame(call, Next());
    }

    [Fact]
    public async Task One_whose_caller_has_gone_is_not_used_again()
    {
        var call = Next();
        Assert.True(call.TryBegin());
        call.Cancel(new CancellationToken(canceled: true));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await call.Completion);
        Link.OnReply(connection, call, Moment(7));
        Assert.NotSame(call, Next());
    }

    [Fact]
    public void One_that_was_given_up_before_it_was_sent_is_not_used_again()
    {
        var call = Next();
        Link.Submit(call);
        Assert.True(call.TryGiveUp());
        call.Fail(new StateUnavailableException("late"));
        Link.Adopt(connection);
        Assert.NotSame(call, Next());
    }

    [Fact]
    public async Task One_that_is_awaited_to_its_end_is_used_again()
    {
        using var gone = new CancellationTokenSource();
        Assert.Equal(7, await AwaitAsync(static _ => { }, new HandClock(), static () => { }, gone.Token));
        Assert.True(drops.TryTake(out _));
    }

    [Fact]
    public async Task One_whose_time_is_over_as_the_reply_comes_is_not_used_again()
    {
        var clock = new HandClock();
        Assert.Equal(7, await AwaitAsync(call => Answer((DroppedCall)call), clock, () => clock.Pass(TimeSpan.FromSeconds(5)), default));
        Assert.False(drops.TryTake(out _));
    }

    [Fact]
    public async Task One_that_is_cancelled_as_the_reply_comes_is_not_used_again()
    {
        using var gone = new CancellationTokenSource();
        Assert.Equal(7, await AwaitAsync(static _ => { }, new HandClock(), gone.Cancel, gone.Token));
        Assert.False(drops.TryTake(out _));
    }

    [Fact]
    public async Task One_that_is_asked_ahead_of_its_end_or_twice_harms_nobody()
    {
        using var deadlines = new CallDeadlines(new StateEngineOptions(), 10, static _ => { });
        var call = new DroppedCall(drops, Answer);
        Assert.True(deadlines.TryAdd(call));
        var awaited = deadlines.AwaitAsync(call, static call => Assert.True(call.TryBegin()), default);
        Func<object?> take = () => awaited.GetAwaiter().GetResult();
        Assert.Throws<InvalidOperationException>(take);
        Answer(call);
        Assert.Equal(7L, take());
        Assert.Throws<InvalidOperationException>(take);

        // By now it is another one's.
        Assert.True(drops.TryTake(out var again));
        Assert.Same(call, again);
        Assert.True(deadlines.TryAdd(again));
        var other = deadlines.AwaitAsync(again, static call => Assert.True(call.TryBegin()), default);
        Assert.Throws<InvalidOperationException>(take);
        Assert.True(again.IsListed);
        Answer(again);
        Assert.Equal(7, await other);
    }

    // Awaits a call that is under way while something happens to it; if that brings no reply, one comes then.
    private async Task<long> AwaitAsync(Action<StoreCall> giveUp, HandClock clock, Action happens, CancellationToken gone)
    {
        using var deadlines = new CallDeadlines(new StateEngineOptions { Clock = clock, CommitTimeout = TimeSpan.FromSeconds(5) }, 10, giveUp);
        var call = new DroppedCall(drops, Answer);
        Assert.True(deadlines.TryAdd(call));
        var awaited = deadlines.AwaitAsync(call, static call => Assert.True(call.TryBegin()), gone);
        happens();
        if (!call.IsSettled)
        {
            Answer(call);
        }

        return await awaited;
    }

    private void Answer(DroppedCall call) => Link.OnReply(connection, call, new RespReader(":7\r\n"u8));

    private static RespReader Moment(int revision) =>
        new(System.Text.Encoding.ASCII.GetBytes($"*3\r\n$0\r\n\r\n:1\r\n:{revision}\r\n"));

    private async Task<ReadCall> AnsweredAsync(int revision)
    {
        var call = Next();
        Assert.True(call.TryBegin());
        Take(call, revision);
        Assert.Equal(revision, (await call.Completion).At.Revision);
        return call;
    }

    private void Take(ReadCall call, int revision)
    {
        var reader = Moment(revision);
        Assert.Equal(ReplyVerdict.Settled, call.Read(ref reader, connection.Server));
    }

    private ReadCall Next() => ReadCall.Of(pool, view, 0, null);

    /// <summary>A call whose reply comes while it is being cancelled.</summary>
    private sealed class DroppedCall(CallPool<DroppedCall> pool, Action<DroppedCall> answer) : PooledCall<long>
    {
        protected override bool CanBeDropped
        {
            get
            {
                answer(this);
                return true;
            }
        }

        public override void Write(RespWriter writer, ServerProfile server)
        {
        }

        public override ReplyVerdict Read(ref RespReader reader, ServerProfile server)
        {
            Succeed(reader.ReadInteger());
            return ReplyVerdict.Settled;
        }

        protected override void Return() => pool.Return(this);
    }
}
