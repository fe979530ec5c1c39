using Holdfast.Cli.Prove.Instances;
using Holdfast.Cli.Prove.Recordings;

namespace Holdfast.Cli.Prove;

/// <summary>Stands before one copy of the application while somebody uses it, and writes the scenario that it was used by.</summary>
internal static class RecordRun
{
    /// <summary>Records until it is told to stop.</summary>
    /// <exception cref="CommandException">The copy doesn't come up, the port is taken, or nothing was recorded.</exception>
    public static async Task RunAsync(Instance instance, string file, int port, Progress progress, CancellationToken stop)
    {
        if (instance is LaunchedInstance launched)
        {
            progress.Tell("starting the application");
            await launched.StartAsync(stop);
        }

        await using var proxy = await RecordingProxy.StartAsync(instance, port);
        progress.Tell($"recording: use the application at {proxy.Address}, one user from the sign-in on, and press Ctrl-C at the end");
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        }
        catch (OperationCanceledException)
        {
            // That is the end of the recording.
        }

        try
        {
            await File.WriteAllTextAsync(file, RecordedScenario.Of(proxy.Exchanges), CancellationToken.None);
        }
        catch (FormatException)
        {
            throw new CommandException($"nothing was recorded: use the application at the address that is told, {proxy.Address} this time");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{file} can't be written: {error.Message}");
        }

        progress.Tell($"recorded: {proxy.Exchanges.Count} requests; look at {file}, and prove with --scenario {file}");
    }
}
