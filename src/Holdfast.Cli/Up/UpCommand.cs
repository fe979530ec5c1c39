using System.CommandLine;
using Holdfast.Cli.Control;
using Holdfast.Cli.Live;
using Holdfast.Cli.Logs;
using Holdfast.Cli.Processes;
using Holdfast.Cli.Supervision;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Up;

/// <summary><c>holdfast up</c>.</summary>
internal static class UpCommand
{
    private const int DefaultReadySeconds = 60;

    public static Command Create()
    {
        var path = new Argument<string>("PATH")
        {
            Description = $"The topology file, or the folder that holds its {TopologyFile.Name}.",
            DefaultValueFactory = static _ => ".",
        };
        path.Validators.Add(TopologyOption.RefuseOption);
        var ready = new Option<int>("--ready-timeout")
        {
            Description = "How long each process may take to become ready, in seconds.",
            HelpName = "SECONDS",
            DefaultValueFactory = static _ => DefaultReadySeconds,
        };
        ready.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && (!int.TryParse(token.Value, out var seconds) || seconds is < 1 or > 3600))
            {
                result.AddError($"--ready-timeout is a whole number of seconds from 1 to 3600, not '{token.Value}'.");
            }
        });
        var plain = new Option<bool>("--plain") { Description = "Prints lines only, as it does where standard output is no terminal, and no live view below them." };
        var command = new Command("up", "Runs a topology in the foreground; Ctrl-C stops it cleanly.") { path, ready, plain };
        command.SetAction(async (parsed, _) => await RunAsync(
            parsed.GetValue(path)!, TimeSpan.FromSeconds(parsed.GetValue(ready)), isLive: !parsed.GetValue(plain) && LiveLoop.IsPossible));
        return command;
    }

    private static async Task<int> RunAsync(string path, TimeSpan readyTimeout, bool isLive)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new CommandException("up needs Linux, for process groups and /proc: elsewhere run 'holdfast node' and 'holdfast gateway' by themselves");
        }

        var file = TopologyFile.Find(path);
        var folder = RunFolder.Of(file);
        folder.RefuseIfHeld();
        var topology = TopologyLoader.Load(file);
        var marker = new RunMarker(Entropy.System);

        // Given back by the end of this process, and not before: then everything is gone.
        var held = await folder.AcquireAsync(marker);
        using var signals = new StopSignals();
        await using var log = RunLog.ToStandardOutput(new LogFiles(folder.Logs, topology.Logs, TimeProvider.System));
        var run = new RunContext
        {
            Log = log,
            Marker = marker,
            Ports = new LoopbackPorts(Entropy.System),
            ReadyTimeout = readyTimeout,
            KillNow = signals.KillNow,
            IsLive = isLive,
        };
        using var supervisor = new Supervisor(topology, folder, run);
        var code = await supervisor.RunAsync(signals.Stop);
        GC.KeepAlive(held);
        return signals.KillNow.IsCancellationRequested ? ExitCode.Interrupted : code;
    }
}
