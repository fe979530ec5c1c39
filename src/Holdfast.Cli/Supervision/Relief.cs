namespace Holdfast.Cli.Supervision;

/// <summary>
/// Another instance that serves while one is started again which takes too much memory. One at a time: instances that leak alike come to
/// their limit together, and must not leave together. When no other one comes up, the one that is at its limit leaves without it.
/// </summary>
internal sealed class Relief(Service service, InstanceProcess relieved, Departures departures, RunContext run)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly int ends = relieved.Ends;
    private readonly TaskCompletionSource isThere = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when it is the instance's turn, and another one serves in its place.</summary>
    public Task IsThere => isThere.Task;

    /// <summary>Waits for the turn, has another instance serve, and takes it away when the relieved one is ready again.</summary>
    /// <param name="lifeEnd">The end of the life in which the instance is relieved.</param>
    public async Task RunAsync(CancellationToken lifeEnd)
    {
        try
        {
            await service.Turn.WaitAsync(lifeEnd);
        }
        catch (OperationCanceledException)
        {
            // It did not live to see its turn.
            return;
        }

        try
        {
            await RelieveAsync(lifeEnd);
        }
        finally
        {
            service.Turn.Release();
        }
    }

    private async Task RelieveAsync(CancellationToken lifeEnd)
    {
        var stand = service.Instances.Add();
        if (stand is not null && await stand.FirstReady is { } failure)
        {
            run.Log.Event($"{stand.Name} {failure}: nobody serves in the place of {relieved.Name}");
            await service.Instances.StopAsync([stand]);
            stand = null;
        }

        isThere.TrySetResult();
        var began = run.Clock.GetTimestamp();
        while (!IsBack(lifeEnd) && run.Clock.GetElapsedTime(began) < service.Topology.Drain + run.ReadyTimeout)
        {
            await Task.Delay(Pause, run.Clock, CancellationToken.None);
        }

        if (stand is not null)
        {
            await departures.LeaveAsync(service, [stand], CancellationToken.None);
        }
    }

    /// <summary>Whether it is ready in another life, or is to have none.</summary>
    private bool IsBack(CancellationToken lifeEnd) =>
        relieved.State == InstanceState.Draining || (lifeEnd.IsCancellationRequested && relieved.Ends > ends && relieved.State == InstanceState.Ready);
}
