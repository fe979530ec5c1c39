using Holdfast.Cli.Processes;

namespace Holdfast.Cli.Prove.Instances;

/// <summary>What all copies of one proof share: a temporary folder, which is removed at the end, ports, and the mark that their processes bear.</summary>
internal sealed class Workplace : IDisposable
{
    private int folders;

    public Workplace(TimeProvider clock, Entropy entropy, CancellationToken killNow)
    {
        (Clock, Entropy, KillNow) = (clock, entropy, killNow);
        Marker = new RunMarker(entropy);
        Ports = new LoopbackPorts(entropy);
        Root = Directory.CreateTempSubdirectory("holdfast-prove-").FullName;
    }

    public TimeProvider Clock { get; }

    public Entropy Entropy { get; }

    /// <summary>Cuts every grace short: what still runs is killed.</summary>
    public CancellationToken KillNow { get; }

    public RunMarker Marker { get; }

    public LoopbackPorts Ports { get; }

    /// <summary>Holds the copies' folders.</summary>
    public string Root { get; }

    /// <summary>The folder that all copies share where the application says so.</summary>
    public string SharedRoot => Path.Combine(Root, "shared");

    /// <summary>A path for a new folder.</summary>
    public string NextFolder() => Path.Combine(Root, $"{Interlocked.Increment(ref folders)}");

    /// <summary>Ends what still bears the mark, and removes the folders.</summary>
    public void Dispose()
    {
        Marker.Sweep();
        try
        {
            Directory.Delete(Root, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"holdfast: {Root} could not be removed ({error.Message}): remove it");
        }
    }
}
