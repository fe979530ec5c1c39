namespace Holdfast.Tests.Watches;

public sealed class WatchTests
{
    [Fact]
    public async Task Changes_before_a_wait_end_it_at_once_and_only_one()
    {
        var watch = new Watch(_ => default);
        watch.Pulse();
        watch.Pulse();

        Assert.True(watch.WaitAsync().AsTask().IsCompletedSuccessfully);
        var second = watch.WaitAsync().AsTask();
        Assert.False(second.IsCompleted);
        watch.Pulse();
        await second;
    }

    [Fact]
    public async Task A_change_after_a_cancelled_wait_is_not_lost()
    {
        var watch = new Watch(_ => default);
        using var cancelled = new CancellationTokenSource();
        var wait = watch.WaitAsync(cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);

        watch.Pulse();

        Assert.True(watch.WaitAsync().AsTask().IsCompletedSuccessfully);
        Assert.False(watch.WaitAsync().AsTask().IsCompleted);
    }

    [Fact]
    public async Task Disposing_ends_the_wait_and_stops_once()
    {
        var stops = 0;
        var watch = new Watch(_ =>
        {
            stops++;
            return default;
        });
        var wait = watch.WaitAsync().AsTask();

        await watch.DisposeAsync();
        await watch.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => wait);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => watch.WaitAsync().AsTask());
        Assert.Equal(1, stops);
    }
}
