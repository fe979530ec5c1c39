using Holdfast;

namespace Shop.Carts;

/// <summary>Finishes, in one of the instances, the moves of carts whose own instance died in between.</summary>
internal sealed class CartMover(StateEngine engine) : BackgroundService
{
    /// <summary>
    /// Within this time the store remembers whether a move was finished, an hour left over for its clock. An older one,
    /// met after all instances were down for a day, is left alone: it was finished, most likely.
    /// </summary>
    private static readonly TimeSpan Remembered = RequestId.DefaultWindow - TimeSpan.FromHours(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new JournalFollower(engine, "shop", FinishAsync).RunAsync(stoppingToken);

    private async ValueTask FinishAsync(int partition, JournalEvent item, CancellationToken cancellationToken)
    {
        if (engine.Options.Clock.GetUtcNow() - item.Time < Remembered && CartMove.SecondHalf(partition, item) is { } commit)
        {
            await engine.CommitAsync(commit, cancellationToken);
        }
    }
}
