namespace Holdfast.Tests.Signals;

public sealed class SignalSubscriptionTests
{
    [Fact]
    public async Task A_reader_that_lags_loses_the_oldest_and_is_told_how_many()
    {
        var subscription = new SignalSubscription("typing", _ => default);
        for (var i = 0; i < SignalSubscription.Capacity + 3; i++)
        {
            subscription.Deliver(BitConverter.GetBytes(i));
        }

        await subscription.DisposeAsync();

        var read = new List<int>();
        await foreach (var payload in subscription.ReadAllAsync())
        {
            read.Add(BitConverter.ToInt32(payload.Span));
        }

        Assert.Equal(3, subscription.Dropped);
        Assert.Equal(Enumerable.Range(3, SignalSubscription.Capacity), read);
    }
}
