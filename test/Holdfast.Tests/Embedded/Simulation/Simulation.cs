using System.Globalization;
using System.Text;
using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>
/// Lives of a process with an embedded engine on a disk that fails, all decided by a seed: which commits are made, when the log takes a step, when a
/// snapshot does, what goes wrong, and how the process ends. After each life the store is opened again and must hold what was acknowledged, no less and nothing else.
/// </summary>
internal sealed class Simulation
{
    private const int Partitions = 2;
    private const int Lives = 5;
    private const int MaxSteps = 160;
    private const string Folder = "/store";

    private readonly Random random;
    private readonly StringBuilder trace = new();
    private readonly SimulatedClock clock = new();
    private readonly SimulatedDisk disk;
    private readonly StateEngineOptions options;
    private readonly ModelPartition[] model = [new(), new()];
    private readonly SimulatedCommits commits;
    private readonly string[][] affinities;
    private readonly bool recordsGo;
    private EmbeddedEngine? engine;
    private IEnumerator<Task>? checkpoint;
    private IEnumerator<Task>? eviction;

    private Simulation(int seed, PlantedBug bug, bool recordsGo, bool onlyReplacements)
    {
        this.recordsGo = recordsGo;
        random = new Random(seed);
        disk = new SimulatedDisk(random, trace, bug);
        options = new StateEngineOptions { PartitionCount = Partitions, Clock = clock, Entropy = new SimulatedEntropy(random), Log = Tell, EvictableKinds = recordsGo ? [SimulatedCommits.Cache] : [] };
        var map = new PartitionMap(Partitions);
        affinities = [.. Enumerable.Range(0, Partitions).Select(partition => Enumerable.Range(0, 3).Select(number => map.Pin(partition, $"a{number}")).ToArray())];
        commits = new SimulatedCommits(random, trace, clock, model, affinities, recordsGo, onlyReplacements);
    }

    /// <summary>Runs a seed, and tells everything that happened.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="bug">What the disk does wrong.</param>
    /// <param name="recordsGo">Whether records are given times to live, are touched, expire and are removed, and others are evicted.</param>
    /// <param name="onlyReplacements">Whether nothing is committed but records' single fields.</param>
    /// <exception cref="SimulationFailure">A promise was broken; the message ends with the trace's last lines.</exception>
    public static string Run(int seed, PlantedBug bug = PlantedBug.None, bool recordsGo = false, bool onlyReplacements = false)
    {
        var simulation = new Simulation(seed, bug, recordsGo, onlyReplacements);
        try
        {
            simulation.RunLives();
        }
        catch (Exception fault)
        {
            var lines = simulation.trace.ToString().Split('\n');
            throw new SimulationFailure($"Seed {seed}: {fault}\n{string.Join('\n', lines.TakeLast(80))}");
        }

        return simulation.trace.ToString();
    }

    private void RunLives()
    {
        for (var life = 0; life < Lives; life++)
        {
            trace.Append(CultureInfo.InvariantCulture, $"life {life}\n");
            disk.Begin(life == Lives - 1 ? new DiskFaults() : NextFaults());
            var isClosed = Live();
            engine?.Abandon();
            engine = null;
            commits.Forget();
            checkpoint = eviction = null;
            clock.EndTimers();
            if (recordsGo)
            {
                clock.Advance(random.Next(2000));
            }

            if (isClosed)
            {
                CheckAfter(model.Select(static partition => partition.Revision));
            }
            else if (random.Next(2) == 0)
            {
                trace.Append("killed\n");
                disk.Kill();
                CheckAfter(model.Select(static partition => partition.Written));
            }
            else
            {
                trace.Append("no power\n");
                disk.LosePower();
                CheckAfter(model.Select(static partition => partition.Synced));
            }
        }
    }

    private DiskFaults NextFaults() => random.Next(6) switch
    {
        0 => new DiskFaults(),
        1 => new DiskFaults(FailAt: random.Next(1, 120)),
        2 => new DiskFaults(FullFrom: random.Next(1, 120), FullUntil: random.Next(1, 240)),
        _ => new DiskFaults(CrashAt: random.Next(1, 160)),
    };

    /// <summary>One life; true if the store was closed cleanly.</summary>
    private bool Live()
    {
        try
        {
            engine = Open();
            for (var steps = random.Next(MaxSteps); steps > 0 && !disk.HasCrashed; steps--)
            {
                Step();
            }

            if (disk.HasCrashed || random.Next(3) > 0)
            {
                return false;
            }

            // Closing waits for a snapshot under way.
            while (checkpoint is not null || commits.HasOpen)
            {
                if (checkpoint is not null)
                {
                    StepCheckpoint();
                }

                engine.StepLog();
                commits.Settle(engine!);
            }

            trace.Append("close\n");
            var hasEnded = model.Any(static partition => partition.Revision > partition.Written);
            engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
            return !hasEnded && !disk.HasCrashed;
        }
        catch (Exception fault) when (fault is SimulatedCrash or StateUnavailableException or StateFullException or CommitUnknownException)
        {
            trace.Append(CultureInfo.InvariantCulture, $"ends: {fault.GetType().Name}\n");
            return false;
        }
    }

    private EmbeddedEngine Open() => EmbeddedEngine.OpenAsync(
        Folder, options, new EmbeddedSettings { Disk = disk, IsStepped = true, MinLogBytes = long.MaxValue }).AsTask().GetAwaiter().GetResult();

    private void Step()
    {
        switch (random.Next(20))
        {
            case < 10:
                commits.Make(engine!);
                break;
            case < 15:
                engine!.StepLog();
                commits.Settle(engine!);
                break;
            case < 17:
            case 17 when !recordsGo:
                checkpoint ??= engine!.CheckpointSteps().GetEnumerator();
                StepCheckpoint();
                break;
            case 17 when recordsGo:
                StepEviction();
                break;
            case 18:
                clock.Advance(random.Next(1, 1500));
                TellRemoved();
                break;
            default:
                var partition = random.Next(Partitions);
                var revision = engine!.Head(partition).Revision;
                SimulationFailure.Unless(revision <= model[partition].Written, "What was not acknowledged is shown.");
                CheckState(engine!, partition, revision);
                break;
        }
    }

    private void StepCheckpoint()
    {
        if (checkpoint!.Current is { IsCompleted: false })
        {
            engine!.StepLog();
            commits.Settle(engine!);
        }
        else if (!checkpoint.MoveNext())
        {
            checkpoint = null;
        }
    }

    private void StepEviction()
    {
        eviction ??= engine!.EvictionSteps(random.Next(1, 2000)).GetEnumerator();
        if (eviction.Current is { IsCompleted: false })
        {
            return;
        }

        commits.NoteEviction();
        try
        {
            eviction = eviction.MoveNext() ? eviction : null;
        }
        catch (StateException fault)
        {
            trace.Append(CultureInfo.InvariantCulture, $"eviction ends: {fault.GetType().Name}\n");
            eviction = null;
        }
    }

    /// <summary>Opens the store on a disk that works, and compares; then what is there has been found, and stays.</summary>
    private void CheckAfter(IEnumerable<long> atLeast)
    {
        disk.Begin(new DiskFaults());
        if (disk.Exists(Manifest.FileName))
        {
            var report = new Salvage(disk, Folder, SalvagedFiles.Find(disk, Folder)).Run();
            SimulationFailure.Unless(report.IsSound, $"A repair would find damage: {string.Join(", ", report.Damages)}");
        }

        var found = Open();
        foreach (var (partition, least) in atLeast.Index())
        {
            var revision = found.Head(partition).Revision;
            trace.Append(CultureInfo.InvariantCulture, $"found {partition} {revision}, at least {least}\n");
            SimulationFailure.Unless(revision >= least && revision <= model[partition].Revision, $"Partition {partition} is at {revision}, not from {least} to {model[partition].Revision}.");
            CheckState(found, partition, revision);
            model[partition].Settle(revision);
            CheckMemory(found, partition);
        }

        found.DisposeAsync().AsTask().GetAwaiter().GetResult();
        clock.EndTimers();
    }

    private void CheckState(EmbeddedEngine at, int partition, long revision)
    {
        var state = model[partition].At(revision, clock.GetTimestamp());
        foreach (var affinity in affinities[partition])
        {
            foreach (var kind in (string[])["left", "right", SimulatedCommits.Cache])
            {
                var address = new Address(kind, affinity);
                var found = at.Read(address, partition).Record?.Text("n")?.TrimEnd();
                var expected = state.TryGetValue(address.ToString(), out var record) ? $"{record.Number}" : null;
                SimulationFailure.Unless(found == expected || (found is null && commits.MayBeEvicted(address)), $"{address} holds {found ?? "nothing"} at revision {revision}, not {expected ?? "nothing"}.");
            }
        }

        var events = at.ReadJournalAsync(partition, JournalPosition.Start, maxEvents: 1000).AsTask().GetAwaiter().GetResult().Events.Select(static item => item.Type);
        SimulationFailure.Unless(events.SequenceEqual(model[partition].UpTo(revision).SelectMany(static commit => commit.Commit.Events).Select(static item => item.Type)), "The journal holds other events.");
    }

    /// <summary>A commit with a request id that is repeated is known.</summary>
    private void CheckMemory(EmbeddedEngine at, int partition)
    {
        var last = model[partition].UpTo(model[partition].Revision).LastOrDefault(static commit => commit.Commit.Request is not null);
        if (last is not null)
        {
            var again = at.Begin(last.Commit, default).Result;
            SimulationFailure.Unless(again.IsReplay && again.At.Revision == last.Revision, $"The repetition of {last.Commit.Request!.Id} was not known.");
        }
    }

    private void TellRemoved()
    {
        if (engine!.MemoryFigures.Expiries is > 0 and var count)
        {
            trace.Append(CultureInfo.InvariantCulture, $"reaped {count}\n");
        }

        if (engine!.MemoryFigures.Evictions is > 0 and var evicted)
        {
            trace.Append(CultureInfo.InvariantCulture, $"evicted {evicted}\n");
        }
    }

    private void Tell(EngineEvent item) => trace.Append(CultureInfo.InvariantCulture, $"{item.Level} {item.Name}\n");
}
