using Holdfast.Cli.Processes;

namespace Holdfast.Cli.Prove.Instances;

/// <summary>A copy of the application that runs as a process of this machine.</summary>
internal sealed class ProcessInstance : LaunchedInstance
{
    /// <summary>How long a copy may take to end after SIGTERM.</summary>
    public static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);

    /// <summary>How many ports are tried, one after the other, when others take them first.</summary>
    private const int MaxPorts = 3;

    private readonly Application application;
    private readonly Workplace workplace;
    private InstanceFolder? folder;
    private GuardedProcess? process;
    private HttpMessageInvoker client = CreateClient();
    private Uri? address;
    private int port;

    public ProcessInstance(int number, Application application, Workplace workplace)
        : base(number) => (this.application, this.workplace) = (application, workplace);

    public override Uri Address => address ?? throw new InvalidOperationException($"{Name} does not run.");

    public override HttpMessageInvoker Client => client;

    public override string Health => application.Health;

    public override bool IsRunning => process is not null;

    public override async ValueTask<string?> WhyDeadAsync() => process is { Ended.IsCompleted: true } ended
        ? $"ended by itself ({ExitText.Of(await ended.Ended)}){await Readiness.FinalLinesAsync(ended)}"
        : null;

    public override bool IsAt(Uri url) => IsRunning && url.IsLoopback && url.Port == port;

    public override async Task<TimeSpan> StartAsync(CancellationToken cancellationToken)
    {
        folder ??= application.SharesFolder
            ? InstanceFolder.Shared(application.Folder, workplace.SharedRoot)
            : await InstanceFolder.CopyAsync(application.Folder, workplace.NextFolder(), cancellationToken);

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await LaunchAsync(cancellationToken);
            }
            catch (CommandException) when (attempt < MaxPorts && process is { Ended.IsCompleted: true } && !LoopbackPorts.IsFree(port))
            {
                // Somebody took the port between its choice and its use.
                await ForgetAsync();
            }
        }
    }

    private async Task<TimeSpan> LaunchAsync(CancellationToken cancellationToken)
    {
        // Another port at each start, so that what the kernel keeps of the last one is in nobody's way.
        port = workplace.Ports.Reserve();
        client = CreateProbe();
        var started = workplace.Clock.GetTimestamp();
        var plan = new LaunchPlan(Name, LaunchPlan.Shell(application.Run), folder!.Work, InstanceEnvironment.Of(application, folder, port, Number));
        process = GuardedProcess.Start(plan, workplace.Marker, workplace.Clock, static _ => { });
        address = await new Readiness(application, workplace.Clock).WaitAsync(process, Name, port, client, cancellationToken);
        return workplace.Clock.GetElapsedTime(started);
    }

    public override async Task<TimeSpan> StopAsync()
    {
        var started = workplace.Clock.GetTimestamp();
        if (process is { } running)
        {
            // A server that waits for its idle connections is not to wait for ours.
            client.Dispose();
            await running.StopAsync(StopGrace, workplace.KillNow);
            await ForgetAsync();
        }

        return workplace.Clock.GetElapsedTime(started);
    }

    public override async Task KillAsync()
    {
        if (process is { } running)
        {
            await running.KillAsync();
            await ForgetAsync();
        }
    }

    public override HttpMessageInvoker CreateProbe() => CreateClient(static (_, certificate, _, _) => certificate is not null);

    public override void LeaveFolder() => folder = null;

    public override async ValueTask DisposeAsync()
    {
        await KillAsync();
        client.Dispose();
    }

    private async Task ForgetAsync()
    {
        await process!.DisposeAsync();
        client.Dispose();
        workplace.Ports.Release(port);
        (process, address) = (null, null);
    }
}
