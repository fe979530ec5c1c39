using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>A store that is a server, whose processes can be stopped, and which engines of other processes reach by its connection string.</summary>
public abstract class FaultyStore : EngineFixture
{
    /// <summary>How long a fault lasts: longer than the calls of a history may take, and shorter than anything takes a server for dead.</summary>
    protected static readonly TimeSpan Length = TimeSpan.FromSeconds(1.5);

    /// <summary>How an engine reaches it.</summary>
    public abstract string ConnectionString { get; }

    /// <summary>The process that serves now, or one of those that do.</summary>
    public abstract Task<int> PidAsync();

    /// <summary>
    /// Opens an engine, with as much patience as a busy machine takes: neither opening nor what is asked without a time limit of the
    /// test's own is on trial here.
    /// </summary>
    public override async ValueTask<StateEngine> OpenAsync(StateEngineOptions options)
    {
        using var patience = new CancellationTokenSource(PatientOptions.CommitTimeout);
        while (true)
        {
            try
            {
                return await StateEngines.OpenAsync(ConnectionString, options.Patient());
            }
            catch (StateException fault) when (fault.IsTransient && !patience.IsCancellationRequested)
            {
                // A second is little for a first greeting.
            }
        }
    }

    /// <summary>SIGSTOP of the process that serves, and SIGCONT.</summary>
    protected async ValueTask PauseAsync()
    {
        using (await PausedProcess.StopAsync(await PidAsync()))
        {
            await Task.Delay(Length);
        }
    }
}
