namespace Holdfast.Cli.Processes;

/// <summary>
/// Marks every process of one run of a topology, through an environment variable that descendants inherit: however a
/// grandchild detaches itself, it is found and ended. The value is <c>run.number</c>, one number for each start.
/// </summary>
internal sealed class RunMarker(string run)
{
    public const string Variable = "HOLDFAST_RUN";

    private int starts;

    public RunMarker(Entropy entropy)
        : this(entropy.NextText(12))
    {
    }

    /// <summary>Names the run.</summary>
    public string Run { get; } = run;

    /// <summary>A marker for one process and its descendants.</summary>
    public string Next() => $"{Run}.{Interlocked.Increment(ref starts)}";

    /// <summary>Ends every process of the run that still lives, whoever started it.</summary>
    public void Sweep() => SweepWhere($"{Variable}={Run}.");

    /// <summary>Ends every process that carries the marker.</summary>
    public static void Sweep(string marker) => SweepWhere(Whole(marker));

    /// <summary>The processes that carry the marker.</summary>
    public static IEnumerable<int> Carriers(string marker) => ProcessTable.StartedWith(Whole(marker));

    // Variables are set apart by zero bytes: without one, 1 would stand for 12 too.
    private static string Whole(string marker) => $"{Variable}={marker}\0";

    private static void SweepWhere(string variable)
    {
        // A process that forks while it is looked for is caught in the next round; one that forks faster than rounds
        // go by is slowed down by each, so the number of rounds is no more than a stop for what can't be ended at all.
        for (var round = 0; round < 100; round++)
        {
            var found = false;
            foreach (var pid in ProcessTable.StartedWith(variable))
            {
                found |= Posix.Signal(pid, Posix.SigKill);
            }

            if (!found)
            {
                return;
            }
        }
    }
}
