using Holdfast;

namespace Shop.Carts;

/// <summary>Finishes, in one of the instances, the moves of carts whose own instance died in between.</summary>
internal sealed class CartMover(StateEngine engine) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new JournalFollower(engine, "shop", FinishAsync).RunAsync(stoppingToken);

    private async ValueTask FinishAsync(int partition, JournalEvent item, CancellationToken cancellationToken)
    {
        if (CartMove.SecondHalf(partition, item) is { } commit)
        {
            await engine.CommitAsync(commit, cancellationToken);
        }
    }
}
