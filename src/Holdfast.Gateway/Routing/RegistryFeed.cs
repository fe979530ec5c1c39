using Microsoft.Extensions.Hosting;

namespace Holdfast.Gateway.Routing;

/// <summary>Opens the store, and keeps the fleet as the registry tells it.</summary>
internal sealed class RegistryFeed(GatewayOptions options, Fleet fleet, ILogger<RegistryFeed> logger) : BackgroundService
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>Nothing listens until the registry is read, for as long as a request would wait for that: clients get another gateway on the port meanwhile.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        try
        {
            await await Task.WhenAny(fleet.Known, ExecuteTask!).WaitAsync(GatewayLimits.MaxWait, options.Clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            // It listens, and answers that it has not reached its store.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await using var engine = await OpenAsync(stoppingToken);
            await foreach (var snapshot in new ServiceRegistry(engine).FollowAsync(stoppingToken))
            {
                await fleet.ApplyAsync(snapshot);
                Log.RegistryRead(logger, snapshot.Services.Count, snapshot.Services.Sum(static service => service.Instances.Count));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The gateway stops.
        }
        catch (ObjectDisposedException fault)
        {
            Log.RegistryLost(logger, fault.Message);
        }
    }

    private async Task<StateEngine> OpenAsync(CancellationToken stoppingToken)
    {
        var engineOptions = new StateEngineOptions { Clock = options.Clock, Log = Tell };
        string? told = null;
        while (true)
        {
            try
            {
                return await options.OpenStore(engineOptions, stoppingToken);
            }
            catch (StateException fault)
            {
                if (fault.Message != told)
                {
                    Log.StoreAway(logger, told = fault.Message);
                }
            }

            await Task.Delay(RetryInterval, options.Clock, stoppingToken);
        }
    }

    private void Tell(EngineEvent said)
    {
        var level = LevelOf(said.Level);
        Log.EngineSaid(logger, level, said.Name, said.Message);
    }

    private static LogLevel LevelOf(EngineEventLevel level) => level switch
    {
        EngineEventLevel.Debug => LogLevel.Debug,
        EngineEventLevel.Information => LogLevel.Information,
        EngineEventLevel.Warning => LogLevel.Warning,
        _ => LogLevel.Error,
    };
}
