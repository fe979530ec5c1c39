using System.Globalization;
using System.Text;
using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>
/// The commits of a simulation: each of them in every way that the engine has, as a whole, as a run of single fields that a pipeline sets, and as what is decided of a record.
/// Keeps the model of what the store must hold, and takes note of what became of them.
/// </summary>
internal sealed class SimulatedCommits(
    Random random, StringBuilder trace, SimulatedClock clock, ModelPartition[] model, string[][] affinities, bool recordsGo, bool onlyReplacements)
{
    /// <summary>The kind of the records that may be evicted.</summary>
    public const string Cache = "cache";

    private const int MostInRun = 16;

    private readonly List<ModelCommit> open = [];

    // Records that an eviction may have removed since a commit wrote them last.
    private readonly HashSet<string> maybeEvicted = [];
    private int evictions;
    private long lastNumber;

    // Whether the log takes no more: some commits may be in it that the engine has taken back.
    private bool hasEnded;

    /// <summary>Whether it is not known of some what became of them.</summary>
    public bool HasOpen => open.Count > 0;

    public bool MayBeEvicted(Address address) => maybeEvicted.Contains(address.ToString());

    /// <summary>Makes a commit, or some.</summary>
    public void Make(EmbeddedEngine engine)
    {
        if (!onlyReplacements && random.Next(3) > 0)
        {
            MakeWhole(engine, random.Next(model.Length));
        }
        else if (random.Next(3) > 0)
        {
            MakeRun(engine);
        }
        else
        {
            Decide(engine, random.Next(model.Length));
        }
    }

    /// <summary>Takes note of what became of the commits that wait.</summary>
    public void Settle(EmbeddedEngine engine)
    {
        foreach (var commit in open.Where(static commit => commit.Durable.IsCompleted).ToArray())
        {
            open.Remove(commit);
            var of = model[commit.Partition];
            trace.Append(CultureInfo.InvariantCulture, $"{commit.Partition} {commit.Revision} {commit.Durable.Status}\n");
            if (commit.Durable.IsCompletedSuccessfully)
            {
                of.Acknowledge(commit.Revision);
                SimulationFailure.Unless(engine.Head(commit.Partition).Revision >= commit.Revision, "An acknowledged commit is not shown.");
                if (commit.Evictions == evictions)
                {
                    maybeEvicted.ExceptWith(commit.Commit.Changes.Select(static change => change.Address.ToString()));
                }
            }
            else if (commit.Durable.Exception!.InnerException is StateFullException && commit.Revision <= of.Revision)
            {
                SimulationFailure.Unless(commit.Revision > of.Written, "A commit that others were built on was refused.");
                of.GoBackTo(commit.Revision - 1);
                DoubtCaches();
            }
            else
            {
                hasEnded |= commit.Durable.Exception!.InnerException is not StateFullException;
            }
        }
    }

    /// <summary>Records are evicted from now on.</summary>
    public void NoteEviction()
    {
        evictions++;
        DoubtCaches();
    }

    /// <summary>The process has ended: nobody is told any more what became of its commits.</summary>
    public void Forget()
    {
        DoubtCaches();
        open.Clear();
        hasEnded = false;
    }

    private void MakeWhole(EmbeddedEngine engine, int partition)
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
            Durability = NextDurability(),
            Events = [new NewEvent($"e{++lastNumber}", default)],
            Request = random.Next(2) == 0 ? new RequestId($"r{lastNumber}") : null,
        };
        CommitVerdict verdict = default;
        if (Try(() => verdict = engine.Begin(commit, default)))
        {
            Note(partition, commit, verdict.Durable, after, verdict.Result.At.Revision);
        }
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

        var hasOneField = random.Next(2) == 0;
        var change = RecordChange.Update(address).Set("n", $"{++lastNumber}");
        change = hasOneField ? change.Remove("filler") : change.Set("filler", new byte[random.Next(400)]);
        after[name] = new ModelRecord(lastNumber, deadline, hasOneField);
        return lifetime > 0 ? change.ExpireAfter(TimeSpan.FromMilliseconds(lifetime)) : change;
    }

    /// <summary>Fields that a pipeline sets one after the other, as of one moment; who sends it may write the log itself in the end.</summary>
    private void MakeRun(EmbeddedEngine engine)
    {
        var (durability, now) = (NextDurability(), engine.Now());
        for (var count = random.Next(1, MostInRun + 1); count > 0 && TryReplace(engine, durability, now); count--)
        {
            if (recordsGo && random.Next(8) == 0)
            {
                clock.Advance(random.Next(1, 1500));
            }
        }

        if (random.Next(2) == 0)
        {
            engine.Write();
            Settle(engine);
        }
    }

    /// <summary>Gives a record its one field; false where the run ends.</summary>
    private bool TryReplace(EmbeddedEngine engine, Durability durability, StoreMoment now)
    {
        var partition = random.Next(model.Length);
        var (address, after) = NextRecord(partition);
        var isThere = after.TryGetValue(address.ToString(), out var before);
        var (value, expiry) = (NextValue(), random.Next(2) == 0 ? Expiry.Never : Expiry.Unchanged);
        Task? durable = null;
        var isTaken = Try(() =>
        {
            Span<byte> bytes = stackalloc byte[Address.MaxBytes];
            var name = address.WriteTo(bytes);
            var field = new FieldReplacement("n"u8, Encoding.UTF8.GetBytes(value), expiry);
            durable = engine.TryReplace(name, engine.HashOf(name), partition, field, durability, default(CommitSender) with { Writes = true }, now);
        });
        if (!isTaken)
        {
            return false;
        }

        var may = !hasEnded && (!isThere || before.HasOneField);
        SimulationFailure.Unless((durable is not null) == may || (!hasEnded && MayBeEvicted(address)), $"{address} {(may ? "was not" : "was")} made the short way.");
        if (durable is null)
        {
            return false;
        }

        after[address.ToString()] = new ModelRecord(lastNumber, isThere && expiry.IsUnchanged ? before.Deadline : long.MaxValue, HasOneField: true);
        Note(partition, Single(address, durability), durable, after);
        return true;
    }

    private void Decide(EmbeddedEngine engine, int partition)
    {
        var (address, after) = NextRecord(partition);
        var lifetime = recordsGo && address.Kind != Cache && random.Next(2) == 0 ? random.Next(1, 4000) : 0;
        var isThere = after.TryGetValue(address.ToString(), out var before);
        var durability = NextDurability();
        var expiry = lifetime > 0 ? Expiry.After(TimeSpan.FromMilliseconds(lifetime)) : random.Next(2) == 0 ? Expiry.Never : Expiry.Unchanged;
        var decision = new SimulatedDecision(address, NextValue(), expiry);
        Task? durable = null;
        if (Try(() => durable = engine.Begin(partition, [decision], durability, default)))
        {
            var deadline = lifetime > 0 ? clock.GetTimestamp() + lifetime : isThere && expiry.IsUnchanged ? before.Deadline : long.MaxValue;
            after[address.ToString()] = new ModelRecord(lastNumber, deadline, HasOneField: true);
            Note(partition, Single(address, durability), durable!, after);
        }
    }

    private (Address Address, Dictionary<string, ModelRecord> After) NextRecord(int partition)
    {
        var kind = random.Next(recordsGo ? 3 : 2) switch { 0 => "left", 1 => "right", _ => Cache };
        return (new Address(kind, affinities[partition][random.Next(3)]), model[partition].At(model[partition].Revision, clock.GetTimestamp()));
    }

    /// <summary>A number, and blanks that make it as long as a frame or a block of any size takes.</summary>
    private string NextValue() => $"{++lastNumber}".PadRight(random.Next(8) == 0 ? random.Next(4000) : random.Next(100));

    private Durability NextDurability() => random.Next(3) == 0 ? Durability.Written : Durability.Synced;

    private static Commit Single(Address address, Durability durability) =>
        new([RecordChange.Update(address)]) { Durability = durability };

    private bool Try(Action make)
    {
        try
        {
            make();
            return true;
        }
        catch (StateUnavailableException)
        {
            trace.Append("refused\n");
            return false;
        }
    }

    private void Note(int partition, Commit commit, Task durable, Dictionary<string, ModelRecord> after, long? revision = null)
    {
        var of = model[partition];
        var made = new ModelCommit(partition, revision ?? of.Revision + 1, commit, commit.Durability, durable, after, evictions);
        SimulationFailure.Unless(made.Revision == of.Revision + 1, $"The commit has revision {made.Revision} after {of.Revision}.");
        trace.Append(CultureInfo.InvariantCulture, $"{(revision is null ? "replace" : "commit")} {partition} {made.Revision} {commit.Durability}\n");
        of.Add(made);
        open.Add(made);
    }

    /// <summary>Any record of the kind that is evicted may be gone from now on, if any ever was.</summary>
    private void DoubtCaches()
    {
        if (evictions > 0)
        {
            maybeEvicted.UnionWith(affinities.SelectMany(static of => of).Select(static affinity => $"{Cache}/{affinity}"));
        }
    }
}
