using System.Collections.Concurrent;
using System.Text;
using Holdfast.Embedded;
using Holdfast.Tests.Embedded.Simulation;

namespace Holdfast.Tests.Embedded;

/// <summary>A snapshot that can't be made is tried again, less and less often.</summary>
public sealed class CheckpointFailureTests
{
    [Fact]
    public void What_fails_is_left_alone_for_a_second_then_twice_as_long_up_to_a_minute()
    {
        var clock = new SetClock();
        var pause = new RetryPause(new StoreClock(clock));
        Assert.True(pause.IsOver);
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            AssertPauses(seconds);
        }

        pause.Lengthen();
        pause.End();
        Assert.True(pause.IsOver);
        AssertPauses(1);

        void AssertPauses(int seconds)
        {
            pause.Lengthen();
            clock.Advance(TimeSpan.FromSeconds(seconds * 0.5));
            Assert.False(pause.IsOver);
            clock.Advance(TimeSpan.FromSeconds(seconds * 0.5));
            Assert.True(pause.IsOver);
        }
    }

    /// <summary>A snapshot that does not fit leaves the room to the log that it took, and is made once it does, though the log in its new segment is short.</summary>
    [Fact]
    public async Task One_that_did_not_fit_is_removed_at_once_and_made_when_there_is_room()
    {
        var (clock, disk) = (new SimulatedClock(), NewDisk());
        var events = new ConcurrentQueue<string>();
        await using var engine = await OpenAsync(disk, clock, Note);
        Fill(engine, 20);
        engine.StepLog();
        Assert.True(engine.IsCheckpointDue);
        Run(engine, () =>
        {
            if (HasSnapshot())
            {
                disk.Begin(new DiskFaults(FullFrom: 0));
            }
        });
        Assert.Contains("CheckpointFailed", events);
        Assert.False(HasSnapshot(), "It keeps the room that it could not use.");
        Assert.False(engine.IsCheckpointDue, "It is tried again at once.");

        disk.Begin(new DiskFaults());
        clock.Advance(1000);
        Assert.True(engine.IsCheckpointDue, "It is not tried again.");
        Run(engine, static () => { });
        Assert.Contains("SnapshotMade", events);
        Assert.True(HasSnapshot());
        Assert.False(engine.IsCheckpointDue);

        // It fails, as it should not, and that changes nothing.
        void Note(EngineEvent item)
        {
            events.Enqueue(item.Name);
            throw new IOException("The application's log is full.");
        }

        bool HasSnapshot() => Names(disk, "snapshot").Any();
    }

    /// <summary>Attempts on a disk that stays full, or that is full at times, leave no row of segments behind; what is made at last is right, though the segment has commits from before.</summary>
    [Fact]
    public async Task Attempts_that_fail_one_after_another_begin_one_segment()
    {
        var (clock, disk) = (new SimulatedClock(), NewDisk());
        var engine = await OpenAsync(disk, clock, static _ => { });
        Fill(engine, 20);
        for (var attempt = 0; attempt < 5; attempt++)
        {
            Run(engine, () => disk.Begin(new DiskFaults(FullFrom: 0)));
            disk.Begin(new DiskFaults());
            Assert.Equal(2, Names(disk, "log").Count());
            Make(engine, RecordChange.Update(new Address("a", $"{attempt}")).Set("attempt", $"{attempt}"));
            clock.Advance(60_000);
            Assert.True(engine.IsCheckpointDue);
        }

        Run(engine, static () => { });
        Assert.Single(Names(disk, "log"));
        await AssertReopensAsync(engine, disk, clock);
    }

    /// <summary>
    /// The frame that ends an attempt tells replay that what follows is in no copy. So another attempt, in the middle of which a record is changed and removed that
    /// the copy lacks, needs a segment without one.
    /// </summary>
    [Fact]
    public async Task One_that_failed_when_all_was_copied_is_followed_by_one_with_a_segment_of_its_own()
    {
        var (clock, disk) = (new SimulatedClock(), NewDisk());
        var engine = await OpenAsync(disk, clock, static _ => { });
        Fill(engine, 2 * PartitionCopy.SlotsAtOnce);
        var frames = engine.LogFigures.Frames;
        Run(engine, () =>
        {
            if (engine.LogFigures.Frames > frames)
            {
                disk.Begin(new DiskFaults(FullFrom: 0));
            }
        });
        disk.Begin(new DiskFaults());
        Assert.Empty(Names(disk, "snapshot"));
        clock.Advance(1000);
        var hasChanged = false;
        Run(engine, () =>
        {
            if (!hasChanged && Names(disk, "snapshot").Any())
            {
                hasChanged = true;
                Make(engine, RecordChange.Update(new Address("a", $"{(2 * PartitionCopy.SlotsAtOnce) - 1}")).Set("v", "changed"));
                Make(engine, RecordChange.Delete(new Address("a", $"{(2 * PartitionCopy.SlotsAtOnce) - 1}")));
            }
        });
        Assert.True(hasChanged);
        Assert.Single(Names(disk, "snapshot"));
        await AssertReopensAsync(engine, disk, clock);
    }

    private static SimulatedDisk NewDisk() => new(new Random(1), new StringBuilder(), PlantedBug.None);

    private static ValueTask<EmbeddedEngine> OpenAsync(SimulatedDisk disk, SimulatedClock clock, Action<EngineEvent> log) => EmbeddedEngine.OpenAsync(
        "/store",
        new StateEngineOptions { PartitionCount = 1, Clock = clock, Log = log },
        new EmbeddedSettings { Disk = disk, IsStepped = true, MinLogBytes = 1000 });

    private static IEnumerable<string> Names(SimulatedDisk disk, string prefix) =>
        disk.NamesIn("/store").Where(name => name.StartsWith(prefix, StringComparison.Ordinal));

    private static void Fill(EmbeddedEngine engine, int records)
    {
        for (var i = 0; i < records; i++)
        {
            Assert.True(engine.Begin(new Commit(RecordChange.Update(new Address("a", $"{i}")).Set("v", new byte[100])), default).Result.IsCommitted);
        }

        engine.StepLog();
    }

    private static void Make(EmbeddedEngine engine, RecordChange change)
    {
        var verdict = engine.Begin(new Commit(change), default);
        engine.StepLog();
        Assert.True(verdict.Durable.IsCompletedSuccessfully);
    }

    /// <summary>The process ends without a word, and the next one finds what there was.</summary>
    private static async Task AssertReopensAsync(EmbeddedEngine engine, SimulatedDisk disk, SimulatedClock clock)
    {
        var before = await ContentAsync(engine);
        engine.Abandon();
        disk.Kill();
        await using var again = await OpenAsync(disk, clock, static _ => { });
        Assert.Equal(before, await ContentAsync(again));
    }

    private static async Task<List<string>> ContentAsync(EmbeddedEngine engine)
    {
        List<string> content = [];
        await foreach (var record in engine.ScanAsync(0, "a"))
        {
            content.Add($"{record.Address} {record.Revision} {string.Join(' ', record.Fields.OrderBy(static pair => pair.Key, StringComparer.Ordinal)
                .Select(static pair => $"{pair.Key}={Convert.ToHexString(pair.Value.Span)}"))}");
        }

        content.Sort(StringComparer.Ordinal);
        return content;
    }

    private static void Run(EmbeddedEngine engine, Action betweenSteps)
    {
        foreach (var awaited in engine.CheckpointSteps())
        {
            while (!awaited.IsCompleted)
            {
                engine.StepLog();
            }

            betweenSteps();
        }
    }
}
