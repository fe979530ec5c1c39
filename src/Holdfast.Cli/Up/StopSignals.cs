using System.Runtime.InteropServices;

namespace Holdfast.Cli.Up;

/// <summary>Ctrl-C, SIGTERM and a terminal that is closed ask for a clean stop; a second Ctrl-C for a stop at once.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly CancellationTokenSource killNow = new();
    private readonly PosixSignalRegistration[] registrations;

    public StopSignals() => registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Take),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Take),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, Take),
    ];

    public CancellationToken Stop => stop.Token;

    public CancellationToken KillNow => killNow.Token;

    public void Dispose()
    {
        foreach (var registration in registrations)
        {
            registration.Dispose();
        }
    }

    private void Take(PosixSignalContext context)
    {
        // Otherwise the runtime would end the process now.
        context.Cancel = true;
        if (stop.IsCancellationRequested && context.Signal == PosixSignal.SIGINT)
        {
            killNow.Cancel();
        }

        stop.Cancel();
    }
}
