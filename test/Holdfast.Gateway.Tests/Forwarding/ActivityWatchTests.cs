using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Holdfast.Gateway.Forwarding;
using Holdfast.Gateway.Instances;
using Holdfast.Gateway.Repeating;
using Holdfast.Gateway.Routing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Gateway.Tests.Forwarding;

/// <summary>What happens to a watch just while it is told of an instance's silence. The moment is had by the clock that the budget asks then.</summary>
public sealed class ActivityWatchTests : IDisposable
{
    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ConcurrentQueue<ActivityWatch> idle = new();
    private readonly Upstream first = Balancing.Instances.One("shop-1", TimeProvider.System);
    private readonly Upstream second = Balancing.Instances.One("shop-2", TimeProvider.System);
    private readonly AskedClock clock = new();

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
        services.Dispose();
    }

    [Fact]
    public async Task A_watch_that_has_ended_hears_nothing_of_an_instance_that_was_back_while_it_was_told_of_its_silence()
    {
        await using var stays = NewTries();
        while (stays.Pool.Budget.TryTake())
        {
            // Until it is spent, and the request can't leave.
        }

        FallSilent(first);
        clock.WhenAsked = () => first.HealthPassed();
        var watch = ActivityWatch.Begin(idle, first, stays.Tries, CancellationToken.None);
        Assert.False(watch.HasLeft);
        watch.End();
        await using var other = NewTries();
        var reused = ActivityWatch.Begin(idle, second, other.Tries, CancellationToken.None);
        Assert.Same(watch, reused);

        FallSilent(first);

        Assert.False(reused.HasLeft);
        Assert.False(reused.Token.IsCancellationRequested);
        FallSilent(second);
        Assert.True(reused.HasLeft);
        reused.End();
    }

    [Fact]
    public async Task An_answer_that_begins_while_the_request_leaves_is_not_taken()
    {
        await using var leaves = NewTries();
        var watch = ActivityWatch.Begin(idle, first, leaves.Tries, CancellationToken.None);
        var isTaken = true;
        var answer = new Thread(() => isTaken = watch.Answered());
        clock.WhenAsked = () =>
        {
            answer.Start();
            SpinWait.SpinUntil(() => !answer.IsAlive || answer.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
        };

        FallSilent(first);

        answer.Join();
        Assert.True(watch.HasLeft);
        Assert.False(isTaken);
        watch.End();
    }

    [Fact]
    public async Task A_body_of_which_one_part_too_many_comes_while_its_request_leaves_is_not_sent_again()
    {
        await using var leaves = NewTries(new MemoryStream(new byte[GatewayLimits.MaxReplayBytes + 1]));
        var body = leaves.Tries.Body;
        await body.ReadExactlyAsync(new byte[GatewayLimits.MaxReplayBytes]);
        var watch = ActivityWatch.Begin(idle, first, leaves.Tries, CancellationToken.None);
        clock.WhenAsked = () => body.ReadAsync(new byte[1]).AsTask().Wait();
        Assert.True(leaves.Tries.IsWhole);

        FallSilent(first);

        Assert.True(watch.HasLeft);
        Assert.False(leaves.Tries.IsWhole);
        watch.End();
    }

    private static void FallSilent(Upstream upstream)
    {
        for (var i = 0; i < GatewayLimits.HealthFailures; i++)
        {
            upstream.HealthFailed(isSilent: true);
        }
    }

    private Sent NewTries(Stream? body = null)
    {
        var pool = new ServicePool("shop", "", new GatewayMetrics(services.GetRequiredService<IMeterFactory>()), clock, NullLogger.Instance);
        var context = new DefaultHttpContext { Request = { Method = "PUT", Body = body ?? Stream.Null } };
        context.Features.Set<IHttpRequestBodyDetectionFeature>(new BodyDetection(body is not null));
        return new Sent(pool, new Tries(context.Request, TimeProvider.System.GetTimestamp(), new Route("/", pool), ("", null), TimeProvider.System));
    }

    private sealed record Sent(ServicePool Pool, Tries Tries) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Tries.DisposeAsync();
    }

    private sealed record BodyDetection(bool CanHaveBody) : IHttpRequestBodyDetectionFeature;

    /// <summary>Stands still, and does something once when it is asked.</summary>
    private sealed class AskedClock : TimeProvider
    {
        public Action? WhenAsked { get; set; }

        public override long GetTimestamp()
        {
            var act = WhenAsked;
            WhenAsked = null;
            act?.Invoke();
            return 1;
        }
    }
}
