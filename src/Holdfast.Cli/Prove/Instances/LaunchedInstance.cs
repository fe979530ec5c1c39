namespace Holdfast.Cli.Prove.Instances;

/// <summary>A copy of the application that is started, stopped and killed from here.</summary>
internal abstract class LaunchedInstance(int number) : Instance(number)
{
    /// <summary>One name for all copies, as behind a gateway.</summary>
    public override string? Host => "localhost";

    /// <summary>The path that answers below 500 once it can serve.</summary>
    public abstract string Health { get; }

    public abstract bool IsRunning { get; }

    /// <summary>Starts the copy, in the folder that it had or else in a fresh one, and returns how long it took until it could serve.</summary>
    /// <exception cref="CommandException">It doesn't come up.</exception>
    public abstract Task<TimeSpan> StartAsync(CancellationToken cancellationToken);

    /// <summary>Asks the copy to end, kills it after the grace, and returns how long it took.</summary>
    public abstract Task<TimeSpan> StopAsync();

    /// <summary>Kills the copy.</summary>
    public abstract Task KillAsync();

    /// <summary>Makes the next start begin with a fresh folder, home included.</summary>
    public abstract void LeaveFolder();

    /// <summary>A client for the copy, which was started from here: any certificate that it shows is its own.</summary>
    public abstract HttpMessageInvoker CreateProbe();
}
