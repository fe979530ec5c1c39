namespace Holdfast.Node;

/// <summary>Disconnects, once a second, who has not said who it is in time, who has been silent for too long, and who keeps the node waiting by taking nothing.</summary>
internal sealed class IdleSweep : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly StateNode node;
    private readonly PeriodicTimer timer;
    private readonly Task sweeping;

    public IdleSweep(StateNode node)
    {
        this.node = node;
        timer = new PeriodicTimer(Period, node.Clock);
        sweeping = SweepAsync();
    }

    public async ValueTask DisposeAsync()
    {
        timer.Dispose();
        await sweeping.ConfigureAwait(false);
    }

    private async Task SweepAsync()
    {
        while (await timer.WaitForNextTickAsync().ConfigureAwait(false))
        {
            foreach (var session in node.Sessions)
            {
                if (IsOverdue(session))
                {
                    node.Kill(session.Id);
                }
                else if (session.Output.HasStalled(node.Options.StallTimeout, node.Clock))
                {
                    session.CutStalled();
                }
            }
        }
    }

    /// <summary>Who listens to channels, or waits for replies, is silent for a good reason.</summary>
    private bool IsOverdue(Session session) =>
        session.IsAuthenticated
            ? node.Options.IdleTimeout is { } timeout && session.Subscriptions == 0 && session.Lanes.IsIdle
                && node.Clock.GetElapsedTime(session.HeardAt) > timeout
            : node.Clock.GetElapsedTime(session.StrangerSince) > node.Options.AuthenticationTimeout;
}
