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

    // The kind of the records that may be evicted.
    private const string Cache = "cache";

    private readonly Random random;
    private readonly StringBuilder trace = new();
    private readonly SimulatedClock clock = new();
    private readonly SimulatedDisk disk;
    private readonly StateEngineOptions options;
    private readonly ModelPartition[] model = [new(), new()];
    private readonly List<ModelCommit> open = [];
    private readonly string[][] affinities;
    private readonly bool recordsGo;

    // Records that an eviction may have removed since a commit wrote them last.
    private readonly HashSet<string> maybeEvicted = [];
    private int evictions;
    private EmbeddedEngine? engine;
    private IEnumerator<Task>? checkpoint;
    private IEnumerator<Task>? eviction;
    private long lastNumber;

    private Simulation(int seed, PlantedBug bug, bool recordsGo)
    {
        this.recordsGo = recordsGo;
        random = new Random(seed);
        disk = new SimulatedDisk(random, trace, bug);
        options = new StateEngineOptions { PartitionCount = Partitions, Clock = clock, Entropy = new SimulatedEntropy(random), Log = Tell, EvictableKinds = recordsGo ? [Cache] : [] };
        var map = new PartitionMap(Partitions);
        affinities = [.. Enumerable.Range(0, Partitions).Select(partition => Enumerable.Range(0, 3).Select(number => map.Pin(partition, $"a{number}")).ToArray())];
    }

    /// <summary>Runs a seed, and tells everything that happened.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="bug">What the disk does wrong.</param>
    /// <param name="recordsGo">Whether records are given times to live, are touched, expire and are removed, and others are evicted.</param>
    /// <exception cref="SimulationFailure">A promise was broken; the message ends with the trace's last lines.</exception>
    public static string Run(int seed, PlantedBug bug = PlantedBug.None, bool recordsGo = false)
    {
        var simulation = new Simulation(seed, bug, recordsGo);
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
            DoubtCaches();
            open.Clear();
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
            while (checkpoint is not null || open.Count > 0)
            {
                if (checkpoint is not null)
                {
                    StepCheckpoint();
                }

                engine.StepLog();
                SettleCommits();
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
                Commit(random.Next(Partitions));
                break;
            case < 15:
                engine!.StepLog();
                SettleCommits();
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
                CheckState(engine!, partition, engine!.Head(partition).Revision);
                break;
        }
    }

    private void Commit(int partition)
    {
        var of = model[partition];
        var after = of.At(of.Revision, clock.GetTimestamp());
        var affinity = affinities[partition][random.Next(3)];
        List<RecordChange> changes = [];
        foreach (var kind in random.Next(recordsGo ? 5 : 3) switch { 0 => (string[])["left"], 1 => ["right"], 2 => ["left", "right"], 3 => [Cache], _ => [Cache, "left"] })
        {
            var address = new Address(kind, affinity);
            if (after.ContainsKey(address.ToString()) && random.Next(6) == 0)
            {
                changes.Add(RecordChange.Delete(address));
                after.Remove(address.ToString());
            }
            else
            {
                changes.Add(NextChange(address, after));
            }
        }

        var commit = new Commit(changes)
        {
            Durability = random.Next(3) == 0 ? Durability.Written : Durability.Synced,
            Events = [new NewEvent($"e{++lastNumber}", default)],
            Request = random.Next(2) == 0 ? new RequestId($"r{lastNumber}") : null,
        };
        CommitVerdict verdict;
        try
        {
            verdict = engine!.Begin(commit, default);
        }
        catch (StateUnavailableException)
        {
            trace.Append("refused\n");
            return;
        }

        var made = new ModelCommit(partition, verdict.Result.At.Revision, commit, commit.Durability, verdict.Durable, after, evictions);
        Require(made.Revision == of.Revision + 1, $"The commit has revision {made.Revision} after {of.Revision}.");
        trace.Append(CultureInfo.InvariantCulture, $"commit {partition} {made.Revision} {commit.Durability}\n");
        of.Add(made);
        open.Add(made);
    }

    /// <summary>An update or, where records expire, perhaps a touch; notes what that leads to.</summary>
    private RecordChange NextChange(Address address, Dictionary<string, ModelRecord> after)
    {
        var name = address.ToString();
        var isThere = after.TryGetValue(name, out var before);
        var lifetime = recordsGo && address.Kind != Cache && random.Next(2) == 0 ? random.Next(1, 4000) : 0;
        var deadline = lifetime > 0 ? clock.GetTimestamp() + lifetime : isThere ? before.Deadline : long.MaxValue;
        if (lifetime > 0 && random.Next(3) == 0)
        {
            if (isThere)
            {
                after[name] = before with { Deadline = deadline };
            }

            return RecordChange.Keep(address).ExpireAfter(TimeSpan.FromMilliseconds(lifetime));
        }

        var change = RecordChange.Update(address).Set("n", $"{++lastNumber}").Set("filler", new byte[random.Next(400)]);
        after[name] = new ModelRecord(lastNumber, deadline);
        return lifetime > 0 ? change.ExpireAfter(TimeSpan.FromMilliseconds(lifetime)) : change;
    }

    /// <summary>Takes note of what became of the commits that wait.</summary>
    private void SettleCommits()
    {
        foreach (var commit in open.Where(static commit => commit.Durable.IsCompleted).ToArray())
        {
            open.Remove(commit);
            var of = model[commit.Partition];
            trace.Append(CultureInfo.InvariantCulture, $"{commit.Partition} {commit.Revision} {commit.Durable.Status}\n");
            if (commit.Durable.IsCompletedSuccessfully)
            {
                of.Acknowledge(commit.Revision);
                Require(engine!.Head(commit.Partition).Revision >= commit.Revision, "An acknowledged commit is not shown.");
                if (commit.Evictions == evictions)
                {
                    maybeEvicted.ExceptWith(commit.Commit.Changes.Select(static change => change.Address.ToString()));
                }
            }
            else if (commit.Durable.Exception!.InnerException is StateFullException && commit.Revision <= of.Revision)
            {
                Require(commit.Revision > of.Written, "A commit that others were built on was refused.");
                of.GoBackTo(commit.Revision - 1);
                DoubtCaches();
            }
        }
    }

    private void StepCheckpoint()
    {
        if (checkpoint!.Current is { IsCompleted: false })
        {
            engine!.StepLog();
            SettleCommits();
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

        evictions++;
        DoubtCaches();
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

    /// <summary>Any record of the kind that is evicted may be gone from now on, if any ever was.</summary>
    private void DoubtCaches()
    {
        if (evictions > 0)
        {
            maybeEvicted.UnionWith(affinities.SelectMany(static of => of).Select(static affinity => $"{Cache}/{affinity}"));
        }
    }

    /// <summary>Opens the store on a disk that works, and compares; then what is there has been found, and stays.</summary>
    private void CheckAfter(IEnumerable<long> atLeast)
    {
        disk.Begin(new DiskFaults());
        if (disk.Exists(Manifest.FileName))
        {
            var report = new Salvage(disk, Folder, SalvagedFiles.Find(disk, Folder)).Run();
            Require(report.IsSound, $"A repair would find damage: {string.Join(", ", report.Damages)}");
        }

        var found = Open();
        foreach (var (partition, least) in atLeast.Index())
        {
            var revision = found.Head(partition).Revision;
            trace.Append(CultureInfo.InvariantCulture, $"found {partition} {revision}, at least {least}\n");
            Require(revision >= least && revision <= model[partition].Revision, $"Partition {partition} is at {revision}, not from {least} to {model[partition].Revision}.");
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
            foreach (var kind in (string[])["left", "right", Cache])
            {
                var address = new Address(kind, affinity);
                var found = at.Read(address, partition).Record?.Text("n");
                var expected = state.TryGetValue(address.ToString(), out var record) ? $"{record.Number}" : null;
                Require(found == expected || (found is null && maybeEvicted.Contains(address.ToString())), $"{address} holds {found ?? "nothing"} at revision {revision}, not {expected ?? "nothing"}.");
            }
        }

        var events = at.ReadJournalAsync(partition, JournalPosition.Start, maxEvents: 1000).AsTask().GetAwaiter().GetResult().Events.Select(static item => item.Type);
        Require(events.SequenceEqual(model[partition].UpTo(revision).Select(static commit => commit.Commit.Events[0].Type)), "The journal holds other events.");
    }

    /// <summary>A commit with a request id that is repeated is known.</summary>
    private void CheckMemory(EmbeddedEngine at, int partition)
    {
        var last = model[partition].UpTo(model[partition].Revision).LastOrDefault(static commit => commit.Commit.Request is not null);
        if (last is not null)
        {
            var again = at.Begin(last.Commit, default).Result;
            Require(again.IsReplay && again.At.Revision == last.Revision, $"The repetition of {last.Commit.Request!.Id} was not known.");
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

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new SimulationFailure(otherwise);
        }
    }
}
