using Holdfast.Cli.Logs;
using Holdfast.Cli.Processes;

namespace Holdfast.Cli.Supervision;

/// <summary>What all supervised processes of one run share.</summary>
internal sealed record RunContext
{
    public required RunLog Log { get; init; }

    public required RunMarker Marker { get; init; }

    /// <summary>The ports that the run's processes listen on.</summary>
    public required LoopbackPorts Ports { get; init; }

    /// <summary>How long a process may take until it is ready.</summary>
    public required TimeSpan ReadyTimeout { get; init; }

    /// <summary>Cuts every grace short: what still runs is killed.</summary>
    public required CancellationToken KillNow { get; init; }

    /// <summary>Whether the topology's state is shown live below the log.</summary>
    public bool IsLive { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public Entropy Entropy { get; init; } = Entropy.System;
}
