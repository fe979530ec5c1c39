using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore.Engine;

/// <summary>
/// Opens the engine before anything else of the host starts, so that a store that is not there stops the start with a
/// clear error, and closes it after everything else has stopped.
/// </summary>
internal sealed class EngineOpening : IHostedLifecycleService
{
    private static readonly string[] ConfigurationKeys = ["HOLDFAST_STATE", "Holdfast:State"];

    private readonly IOptions<HoldfastOptions> options;
    private readonly IConfiguration configuration;
    private readonly IHostEnvironment environment;
    private readonly ILogger logger;
    private readonly ILogger engineLogger;
    private readonly Lazy<Task<StateEngine>> opening;

    public EngineOpening(
        IOptions<HoldfastOptions> options, IConfiguration configuration, IHostEnvironment environment, ILoggerFactory loggers)
    {
        this.options = options;
        this.configuration = configuration;
        this.environment = environment;
        logger = loggers.CreateLogger("Holdfast.AspNetCore.Engine");
        engineLogger = loggers.CreateLogger("Holdfast.Engine");
        opening = new Lazy<Task<StateEngine>>(OpenAsync);
    }

    /// <summary>The engine. Who asks for it before the host starts waits here until it is open.</summary>
    public StateEngine Engine => opening.Value.GetAwaiter().GetResult();

    public Task StartingAsync(CancellationToken cancellationToken) => opening.Value.WaitAsync(cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (opening is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            try
            {
                await (await opening.Value).DisposeAsync();
            }
            catch (StateException fault)
            {
                logger.CloseFailed(fault);
            }
        }
    }

    private async Task<StateEngine> OpenAsync()
    {
        var settings = options.Value;
        var (source, store) = Store(settings);
        try
        {
            var engine = await StateEngines.OpenAsync(store, settings.Engine with { Log = Tell }, CancellationToken.None);
            logger.EngineOpen(engine.Capabilities.Name, engine.Capabilities.Durability);
            return engine;
        }
        catch (Exception fault) when (fault is StateException or ArgumentException)
        {
            logger.OpenFailed(source, fault.Message);
            throw;
        }
    }

    /// <summary>What names the store, and the store.</summary>
    private (string Source, string Store) Store(HoldfastOptions settings)
    {
        if (settings.State is { } chosen)
        {
            return ("HoldfastOptions.State", chosen);
        }

        foreach (var key in ConfigurationKeys)
        {
            if (configuration[key] is { } named && !string.IsNullOrWhiteSpace(named))
            {
                return (key, named);
            }
        }

        var folder = Path.Combine(environment.ContentRootPath, ".holdfast", "state");
        logger.EmbeddedInProcess(folder);
        return ("the content root", "embedded:" + folder);
    }

    private void Tell(EngineEvent item) =>
        engineLogger.Tell(
            item.Level switch
            {
                EngineEventLevel.Debug => LogLevel.Debug,
                EngineEventLevel.Information => LogLevel.Information,
                EngineEventLevel.Warning => LogLevel.Warning,
                _ => LogLevel.Error,
            },
            item.Name,
            item.Message,
            item.Exception);
}
